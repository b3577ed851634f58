"""A stream of a client of Spark Connect, whose batches are taken at the server: it comes to the same, on serverless compute too."""

import os
from pathlib import Path

import pytest

from segmentation.connectors import DELTA_CONF
from stream.following import NONE, NOT_COMPILED, difference, environment, live, published
from stream.following import streams as streams_in
from stream.shop import as_sent, settings_file, write_files

pytestmark = pytest.mark.slow

SERVERLESS = Path(__file__).with_name("serverless")


@pytest.fixture(scope="module", params=["connect", "serverless"])
def client(request, tmp_path_factory):
    """Streams of a client, whose server is started with Delta; as `serverless`, it holds no frame."""
    given = environment(("delta",))
    folders = [given["PYTHONPATH"], *([str(SERVERLESS)] if request.param == "serverless" else [])]
    server = {**DELTA_CONF, **dict(NOT_COMPILED), "spark.jars": given["SEGMENTATION_JARS"], "spark.sql.shuffle.partitions": "2"}
    arguments = " ".join(f"--conf {key}={value}" for key, value in server.items())
    more = {"PYTHONPATH": os.pathsep.join(folders), "SPARK_REMOTE": "local[2]", "PYSPARK_SUBMIT_ARGS": f"{arguments} pyspark-shell"}
    with streams_in(tmp_path_factory.mktemp("client"), more) as streams:
        yield streams


def test_orders_and_segments_are_those_of_the_batch_and_a_file_that_cannot_be_read_stops_it(shop, client, output, tmp_path):
    config = settings_file(tmp_path, tmp_path / "log", output)
    write_files(tmp_path / "log", as_sent(shop.days), 2)
    code, said = client.drained(config, output)
    assert code == 0, said
    for table in ("orders", "customer_segments"):
        assert difference(live(output, table), published(output, table)) == NONE
    assert not {"scratch", "progress.json"} & {path.name for path in (output / "live").iterdir()}
    (tmp_path / "log" / "part002.csv.gz").write_bytes(b"no gzip at all")
    code, said = client.drained(config, output)
    assert code == 3, said
    assert "part002.csv.gz: not a gzip file, or a damaged one" in said
