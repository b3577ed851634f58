"""With pseudonyms, neither the key nor any customer id is in any file that runs write, temporary ones included."""

import base64
import gzip
import hashlib
import hmac
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from privacy.traces import encodings_of, files_below, files_with

from segmentation.pipeline.run import segment
from segmentation.settings import load_settings

HERE = Path(__file__).resolve()
KEY = "Recognisable=Key~Zq9!0123456789-abcdefXYZ+wvu"
RAW = "RAWID-7f3a-"
OTHER_KEY = "Another_Key-0987654321_zyxWVU-fedcba9876543210_which_is_longer_than_a_block_of_64"
CUSTOMERS = 300
HEADER = "Order,When,Units,Price,Who,What,Land"
GOOD = [
    f"o{customer}-{order},2024-{1 + (customer + 2 * order) % 9:02d}-{1 + customer % 28:02d} 10:00:00,"
    f"{1 + customer % 7},{2 + order + customer % 11}.5,{RAW}{customer:06d},p{order},DE"
    for customer in range(CUSTOMERS)
    for order in range(1 + customer % 6)
]
BAD = [
    f"b1,{RAW}000001,1,2.5,{RAW}000001,p1,DE",  # in the place of a time
    f"b2,2024-03-01 10:00:00,{RAW}000002,2.5,{RAW}000002,p1,DE",  # of a quantity
    f"b3,2024-03-01 10:00:00,1,{RAW}000003,{RAW}000003,p1,DE",  # of a price
    f"b4,2024-03-01 10:00:00,1,-2.5, {RAW}000004 ,p1,DE",
    f'b5,2024-03-01 10:00:00,1,0,"{RAW}000005",p1,DE',
    f"b6,2024-03-01 10:00:00,1,2.5,{RAW}000006,a mug, blue,DE",  # a column too many
    f"b7,2024-03-01 10:00:00,1,{RAW}000007,p1",  # too few
    f"b8,2024-03-01 10:00:00,1,2.5,7,{RAW}000008,p1,DE",  # shifted
    f"b9,2024-03-01 10:00:00,1,2.5,{RAW}000009,POST,DE",
    *2 * ["b10,2024-03-01 10:00:00,1,2.5,,p1,DE"],
]
NEW = [f"n{customer},2024-09-28 11:00:00,3,4,{RAW}{customer:06d},p1,DE" for customer in range(CUSTOMERS - 5, CUSTOMERS + 20)]
TABLE = ["Who,Age,Grade", *(f"{RAW}{customer:06d},{20 + customer % 50},{'abc'[customer % 3]}" for customer in range(CUSTOMERS))]
BROKEN_TABLE = [f"{RAW}000012,44,a,more,and more", f"{RAW}000013,{RAW}000013,b"]
SETTINGS = {
    "input": {
        "format": "csv",
        "incremental": True,
        "timestamp_format": "yyyy-MM-dd HH:mm:ss",
        "columns": {
            **{"order_id": "Order", "ordered_at": "When", "quantity": "Units", "unit_price": "Price"},
            **{"customer_id": "Who", "product_id": "What", "country": "Land"},
        },
    },
    "attributes": {
        "format": "csv",
        "customer_id": "Who",
        "columns": {"age": {"column": "Age", "type": "number"}, "grade": {"column": "Grade", "type": "nominal", "use": False}},
    },
    "rules": {"void_within_hours": 24, "excluded_products": ["POST"]},
    "features": {"exact_products_max_lines": 0},
    "clustering": {"k_max": 3, "k": 3, "n_init": 1, "n_bootstrap": 2, "n_references": 2, "max_iter": 5},
}


def put(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    return path


class Watched:
    """Commands run in a separate process, and the files they wrote."""

    def __init__(self, folder, commands, environment):
        self.folder = folder
        put(folder / "commands.json", [json.dumps([[str(part) for part in command] for command in commands])])
        pythons = {"PYSPARK_PYTHON": sys.executable, "PYTHONPATH": str(HERE.parents[2])}
        done = subprocess.run(
            [sys.executable, HERE.with_name("watched.py"), folder],
            capture_output=True,
            text=True,
            env={**os.environ, **pythons, **environment},
            check=False,
            timeout=800,
        )
        self.output = put(folder / "output.txt", [done.stdout, done.stderr])
        assert (folder / "codes.json").exists(), done.stderr[-5000:]
        self.codes = json.loads((folder / "codes.json").read_text())


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    folder = tmp_path_factory.mktemp("watched")
    put(folder / "table.csv", [*TABLE, *BROKEN_TABLE])
    config, other_key = folder / "settings.yaml", put(folder / "other.key", [OTHER_KEY])
    other_key.chmod(0o600)
    mapping = str(folder / "mapping")
    settings = {
        **SETTINGS,
        "input": {**SETTINGS["input"], "path": str(folder / "log")},
        "attributes": {**SETTINGS["attributes"], "path": str(folder / "table.csv")},
        "privacy": {"min_group_size": 1, "pseudonyms": {"key": {"environment": "SEGMENTATION_TEST_KEY"}, "mapping_path": mapping}},
        "output": {"path": str(folder / "out")},
    }
    put(config, [json.dumps(settings)])
    put(folder / "log" / "a.csv", [HEADER, *GOOD, *BAD])
    put(folder / "log" / "b.csv", [HEADER, *NEW])
    put(folder / "mostly_bad" / "a.csv", [HEADER, *BAD, f"{RAW}000014{30_000 * ','}"])
    put(folder / "headless" / "a.csv", GOOD)
    put(folder / "half_headless" / "a.csv", [HEADER, *GOOD])
    put(folder / "half_headless" / "b.csv", GOOD)
    put(folder / "cut" / "a.csv", [HEADER, *GOOD])
    packed = gzip.compress((folder / "cut" / "a.csv").read_bytes())
    (folder / "cut" / "a.csv").unlink()
    (folder / "cut" / "a.csv.gz").write_bytes(packed[: len(packed) // 2])
    run = ["segment", "--config", config]
    rotated = ["--set", f"privacy.pseudonyms.key={{file: {other_key}}}"]
    # What goes beyond these is quoted by Spark's parser.
    limits = ["--set", "input.options.maxCharsPerColumn=5"]
    commands = [
        [*run, "--input", folder / "log" / "a.csv"],
        run,
        [*run, *rotated],
        ["export", "--config", config, "--output", folder / "exports"],
        [*run, "--input", folder / "mostly_bad", "--set", "rules.exact_duplicates=reject", *limits],
        *([*run, "--input", folder / name] for name in ("headless", "half_headless", "cut")),
    ]
    return Watched(folder, commands, {"SEGMENTATION_TEST_KEY": KEY})


OUTPUTS = ("out", "exports", "events", "local", "links", "output.txt", "warehouse")


def files_written(watched):
    return [file for name in OUTPUTS for file in ([watched.folder / name] if name.endswith(".txt") else files_below(watched.folder / name))]


@pytest.mark.slow
def test_the_commands_end_with_the_expected_exit_codes(watched):
    assert watched.codes == [0, 0, 0, 0, 3, 3, 3, 3], watched.output.read_text()[-6000:]


@pytest.mark.slow
def test_no_file_contains_a_customer_id(watched):
    assert files_with(files_written(watched), {"id": RAW.encode(), "its end": b"a-000001"}) == {}


@pytest.mark.slow
def test_no_file_contains_the_key_in_any_encoding(watched):
    assert files_with(files_written(watched), encodings_of(KEY.encode())) == {}
    assert files_with(files_written(watched), encodings_of(OTHER_KEY.encode())) == {}


@pytest.mark.slow
def test_the_search_finds_ids_where_they_are_allowed_and_pseudonyms_in_all_outputs(watched):
    """Otherwise finding nothing would prove nothing."""
    name = hmac.new(KEY.encode(), f"{RAW}000020".encode(), hashlib.sha256).hexdigest().encode()
    for place in ("mapping", "log"):
        assert files_with(files_below(watched.folder / place), {"id": f"{RAW}000020".encode()})
    of_others = hmac.new(OTHER_KEY.encode(), f"{RAW}000005".encode(), hashlib.sha256).hexdigest().encode()
    assert [p for p in files_with(files_below(watched.folder / "out"), {0: of_others})[0] if "rejected_lines" in p]
    links = files_with(files_below(watched.folder / "links"), {0: name})[0]
    assert {kind for kind in ("shuffle_", "temp_shuffle_", "rdd_") if any(f"-{kind}" in path for path in links)} == {
        "shuffle_",
        "temp_shuffle_",
        "rdd_",
    }
    assert files_with(
        files_below(watched.folder / "exports"), {0: hmac.new(OTHER_KEY.encode(), f"{RAW}000020".encode(), "sha256").hexdigest().encode()}
    )
    assert files_with(files_below(watched.folder / "events"), {0: b"sha2(", 1: b"LocalTableScan", 2: b"CSV header"}).keys() == {0, 1}


@pytest.mark.slow
def test_the_search_finds_a_key_in_every_encoding(tmp_path):
    block = bytes(byte ^ 0x36 for byte in KEY.encode())
    ways = [
        KEY.encode(),
        block,
        block.hex().encode(),
        base64.b64encode(b"x" + KEY.encode() + b"yz"),
        str(int.from_bytes(block[8:16], "big")).encode(),
    ]
    for number, way in enumerate(ways):
        (tmp_path / str(number)).write_bytes(b"before" + way + b"after")
    assert {path for paths in files_with(files_below(tmp_path), encodings_of(KEY.encode())).values() for path in paths} == {
        str(tmp_path / str(number)) for number in range(len(ways))
    }


def manifests(watched):
    """Manifests of the published runs, in order."""
    return [json.loads(path.read_text()) for path in sorted((watched.folder / "out" / "runs").glob("*/manifest.json"))]


@pytest.mark.slow
def test_a_new_key_changes_pseudonyms_but_no_features(watched):
    _, before, after = (run["run_id"] for run in manifests(watched))
    runs, mapping = watched.folder / "out" / "runs", f"'{watched.folder}/mapping/*/*.parquet'"
    rows = duckdb.sql(f"""
        SELECT one.customer_id, a.monetary_net, b.monetary_net, a.customer_id, b.customer_id
        FROM {mapping} one JOIN {mapping} other ON one.customer_id = other.customer_id AND one.key_id <> other.key_id
        JOIN '{runs}/{before}/customer_features/*.parquet' a ON a.customer_id = one.pseudonym
        JOIN '{runs}/{after}/customer_features/*.parquet' b ON b.customer_id = other.pseudonym
    """).fetchall()
    assert sorted(row[0] for row in rows) == [f"{RAW}{customer:06d}" for customer in range(CUSTOMERS + 20)]
    assert [row for row in rows if row[1] != row[2]] == []
    assert {row[3] for row in rows} & {row[4] for row in rows} == set()


@pytest.mark.slow
def test_the_mapping_has_each_customer_once_for_each_key(watched):
    first, second, third = manifests(watched)
    rows = duckdb.sql(f"""
        SELECT run_id, key_id, count(*), count(DISTINCT pseudonym), count(DISTINCT customer_id)
        FROM read_parquet('{watched.folder}/mapping/*/*.parquet', hive_partitioning = true) GROUP BY ALL ORDER BY ALL
    """).fetchall()
    key_ids = [run["pseudonyms"]["key_id"] for run in (first, second, third)]
    assert key_ids[0] == key_ids[1] != key_ids[2]
    counts = (CUSTOMERS, 20, CUSTOMERS + 20)
    assert rows == [(run["run_id"], key, *3 * [count]) for run, key, count in zip((first, second, third), key_ids, counts, strict=True)]


@pytest.mark.slow
def test_a_night_with_the_same_key_goes_on_and_one_with_another_reads_everything(watched):
    _, second, third = (run["input"]["incremental"] for run in manifests(watched))
    assert second["continued"]
    assert third["reason"] == "not as in the published run: privacy.pseudonyms"


@pytest.mark.slow
def test_all_files_are_readable_by_their_owner_only(watched):
    open_to_others = [
        path for name in ("out", "exports", "mapping") for path in (watched.folder / name).rglob("*") if path.stat().st_mode & 0o077
    ]
    assert open_to_others == []


@pytest.mark.slow
def test_features_are_the_same_without_pseudonyms(watched, spark, tmp_path):
    settings = load_settings(watched.folder / "settings.yaml", values={"output.path": str(tmp_path / "out")})
    settings = settings.model_copy(update={"privacy": settings.privacy.model_copy(update={"pseudonyms": None})})
    plain = segment(spark, settings, datetime(2026, 1, 1, tzinfo=UTC)).run.path("customer_features")
    _, second, _ = manifests(watched)
    differing = duckdb.sql(f"""
        SELECT count(*), count(*) FILTER (plain.monetary_net IS DISTINCT FROM named.monetary_net)
        FROM '{plain}/*.parquet' plain
        LEFT JOIN '{watched.folder}/mapping/*/*.parquet' m
        ON m.customer_id = plain.customer_id AND m.key_id = '{second["pseudonyms"]["key_id"]}'
        LEFT JOIN '{watched.folder}/out/runs/{second["run_id"]}/customer_features/*.parquet' named ON named.customer_id = m.pseudonym
    """).fetchall()[0]
    assert differing == (CUSTOMERS + 20, 0)
