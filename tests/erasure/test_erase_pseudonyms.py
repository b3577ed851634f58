"""People are erased by their ids under the pseudonyms of every key."""

import secrets
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from oracle.small_root import ANN, BOB, DAN, EVE, NEW, OLD, everyone, made, pseudonym, settings_of, table

from segmentation.erasure import erase as erase_module
from segmentation.erasure.erase import erase
from segmentation.errors import ErasureError
from segmentation.privacy.pseudonyms import key_id

NOW = datetime(2026, 3, 1, tzinfo=UTC)
OLD_KEY, NEW_KEY = secrets.token_bytes(40), secrets.token_hex(32).encode()


@pytest.fixture
def folder(tmp_path):
    """A root whose older run was made with an earlier key, the present key, a mapping of both, and a list of people."""
    made(tmp_path / "root", keys={OLD: OLD_KEY, NEW: NEW_KEY})
    (tmp_path / "key").write_bytes(NEW_KEY)
    (tmp_path / "key").chmod(0o600)
    for run_id, key in ((OLD, OLD_KEY), (NEW, NEW_KEY)):
        rows = ", ".join(f"('{pseudonym(key, name)}', '{name}', '{key_id(key)}')" for name in (ANN, BOB, DAN, EVE))
        table(f"SELECT * FROM (VALUES {rows}) t(pseudonym, customer_id, key_id)", tmp_path / "mapping" / f"run_id={run_id}")
    (tmp_path / "people").write_text(f"{ANN}\n{BOB}\n{EVE}\n")
    return tmp_path


def settings_in(folder, **mapping):
    return settings_of(folder / "root", pseudonyms={"key": {"file": str(folder / "key")}, **mapping})


def test_people_are_erased_under_every_key_and_removed_from_the_mapping(spark, folder):
    settings = settings_in(folder, mapping_path=str(folder / "mapping"))
    receipt = erase(spark, settings, str(folder / "people"), NOW).receipt
    assert (receipt["requested"], receipt["present"], receipt["mapping_rows"]) == (3, 3, 6)
    assert everyone(folder / "root" / "orders" / f"{OLD}-r1") == {"17850", pseudonym(OLD_KEY, DAN)}
    assert everyone(folder / "root" / "orders" / f"{NEW}-r1") == {"17850", pseudonym(NEW_KEY, DAN)}
    left = duckdb.sql(f"SELECT customer_id, pseudonym FROM '{folder}/mapping/*/*.parquet'").fetchall()
    assert sorted(left) == sorted((DAN, pseudonym(key, DAN)) for key in (OLD_KEY, NEW_KEY))
    names = [name for person in (ANN, BOB, EVE) for name in (person, pseudonym(OLD_KEY, person), pseudonym(NEW_KEY, person))]
    everything = b"".join(path.read_bytes() for part in ("root", "mapping") for path in (folder / part).rglob("*") if path.is_file())
    assert [name for name in names if name.encode() in everything] == []


def test_without_a_mapping_the_error_names_runs_made_with_another_key(spark, folder):
    with pytest.raises(ErasureError, match=f"runs/{OLD}: made with another key"):
        erase(spark, settings_in(folder), str(folder / "people"), NOW)
    assert everyone(folder / "root" / "orders" / f"{NEW}-r1") == {"17850", pseudonym(NEW_KEY, DAN)}


def test_the_mapping_is_unchanged_if_the_verification_fails(spark, folder, monkeypatch):
    original = erase_module.without_people
    monkeypatch.setattr(erase_module, "without_people", lambda rows, ids: None if "monetary_net" in rows.columns else original(rows, ids))
    with pytest.raises(ErasureError, match="customer_features, column customer_id: 2 values"):
        erase(spark, settings_in(folder, mapping_path=str(folder / "mapping")), str(folder / "people"), NOW)
    assert sorted(path.name for path in Path(folder / "mapping").iterdir()) == [f"run_id={OLD}", f"run_id={NEW}"]
