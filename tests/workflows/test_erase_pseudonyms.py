"""People are known by their ids alone, and found under every key there ever was."""

import secrets
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from oracle.small_root import ANN, BOB, DAN, EVE, NEW, OLD, everyone, made, pseudonym, settings_of, table

from segmentation.errors import ErasureError
from segmentation.privacy.pseudonyms import key_id
from segmentation.workflows import erase as erasing
from segmentation.workflows.erase import erase

NOW = datetime(2026, 3, 1, tzinfo=UTC)
OLD_KEY, NEW_KEY = secrets.token_bytes(40), secrets.token_hex(32).encode()


@pytest.fixture
def kept(tmp_path):
    """A root whose older run was made with a key gone by, the key of now, a mapping of both, and a list of people."""
    made(tmp_path / "root", keys={OLD: OLD_KEY, NEW: NEW_KEY})
    (tmp_path / "key").write_bytes(NEW_KEY)
    (tmp_path / "key").chmod(0o600)
    for run_id, key in ((OLD, OLD_KEY), (NEW, NEW_KEY)):
        rows = ", ".join(f"('{pseudonym(key, name)}', '{name}', '{key_id(key)}')" for name in (ANN, BOB, DAN, EVE))
        table(f"SELECT * FROM (VALUES {rows}) t(pseudonym, customer_id, key_id)", tmp_path / "mapping" / f"run_id={run_id}")
    (tmp_path / "people").write_text(f"{ANN}\n{BOB}\n{EVE}\n")
    return tmp_path


def settings_in(kept, **mapping):
    return settings_of(kept / "root", pseudonyms={"key": {"file": str(kept / "key")}, **mapping})


def test_people_are_found_under_every_key_and_leave_the_mapping(spark, kept):
    settings = settings_in(kept, mapping_path=str(kept / "mapping"))
    receipt = erase(spark, settings, str(kept / "people"), NOW).receipt
    assert (receipt["asked_for"], receipt["found"], receipt["mapping_rows"]) == (3, 3, 6)
    assert everyone(kept / "root" / "orders" / f"{OLD}-r1") == {"17850", pseudonym(OLD_KEY, DAN)}
    assert everyone(kept / "root" / "orders" / f"{NEW}-r1") == {"17850", pseudonym(NEW_KEY, DAN)}
    left = duckdb.sql(f"SELECT customer_id, pseudonym FROM '{kept}/mapping/*/*.parquet'").fetchall()
    assert sorted(left) == sorted((DAN, pseudonym(key, DAN)) for key in (OLD_KEY, NEW_KEY))
    names = [name for person in (ANN, BOB, EVE) for name in (person, pseudonym(OLD_KEY, person), pseudonym(NEW_KEY, person))]
    everything = b"".join(path.read_bytes() for part in ("root", "mapping") for path in (kept / part).rglob("*") if path.is_file())
    assert [name for name in names if name.encode() in everything] == []


def test_without_a_mapping_what_was_made_with_another_key_is_told_to_be_out_of_reach(spark, kept):
    with pytest.raises(ErasureError, match=f"runs/{OLD}: made with another key"):
        erase(spark, settings_in(kept), str(kept / "people"), NOW)
    assert everyone(kept / "root" / "orders" / f"{NEW}-r1") == {"17850", pseudonym(NEW_KEY, DAN)}


def test_as_long_as_somebody_is_found_the_mapping_tells_by_which_name(spark, kept, monkeypatch):
    whole = erasing.without
    monkeypatch.setattr(erasing, "without", lambda rows, ids: None if "monetary_net" in rows.columns else whole(rows, ids))
    with pytest.raises(ErasureError, match="customer_features, column customer_id: 2 values"):
        erase(spark, settings_in(kept, mapping_path=str(kept / "mapping")), str(kept / "people"), NOW)
    assert sorted(path.name for path in Path(kept / "mapping").iterdir()) == [f"run_id={OLD}", f"run_id={NEW}"]
