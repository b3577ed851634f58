"""The search that the tests of erasures rely on finds ids wherever they may be left, and nothing by chance."""

import hashlib
import json

import duckdb
import pytest
from oracle.id_search import files_naming

ID = "17850"
DIGEST = next(digest for n in range(10**6) if ID in (digest := hashlib.sha256(str(n).encode()).hexdigest()))
LEFT = {
    "facts.json": json.dumps({"some": [{"who": ID}]}),
    "keys.json": json.dumps({ID: 1}),
    "log.json": f'{{"a": 1}}\n{{"who": "{ID}"}}\n',
    "list.csv": f"who,when\n{ID},2026\n",
    "page.html": "<p>&#49;7850</p>",
    "broken.json": f'{{"who": "{ID}',
    "notes.sql": f"-- of {ID}.",
    "file": ID,
}
OF_OTHER_MEANING = {
    "seal.sha256": DIGEST,
    "manifest.json": json.dumps({"sha256": DIGEST, "bytes": int(ID), "share": float(f"0.{ID}")}),
    "log.json": f'{{"size": {ID}}}\n{{"path": "part-{DIGEST[:8]}.parquet"}}\n',
    "page.html": f"<path d='M {ID}.5 0.{ID}'/><p>17,850 customers, C{ID}, {ID}0, run {ID}T000000Z</p>",
    "table.crc": ID,
}


@pytest.mark.parametrize(("name", "text"), LEFT.items())
def test_an_id_left_in_a_text_is_reported(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    assert files_naming(tmp_path, [ID, "other"]) == {name: {ID}}


@pytest.mark.parametrize(
    "value", [f"'{ID}'", f"['x', '{ID}']", f"{{'customer_id': '{ID}'}}", f"'2026;{ID};mug'", f"[{{'who': 'x,\"{ID}\"'}}]"]
)
def test_an_id_left_in_any_column_of_parquet_is_reported(tmp_path, value):
    duckdb.sql(f"COPY (SELECT 1 AS n, {value} AS v FROM range(3)) TO '{tmp_path}/part.parquet' (FORMAT parquet)")
    assert files_naming(tmp_path, [ID]) == {"part.parquet": {ID}}


def test_digits_of_another_meaning_are_not_reported(tmp_path):
    assert ID in DIGEST
    for name, text in OF_OTHER_MEANING.items():
        (tmp_path / name).write_text(text)
    duckdb.sql(f"COPY (SELECT {ID} AS n, '{DIGEST}' AS digest, '1{ID}' AS order_id) TO '{tmp_path}/part.parquet' (FORMAT parquet)")
    assert files_naming(tmp_path, [ID]) == {}
