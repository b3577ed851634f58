import hashlib
import hmac
import os

import pytest
from pyspark.sql import functions as F

from segmentation.privacy.pseudonyms import (
    BLOCK_BYTES,
    KEY_SHARE,
    MAPPING,
    Pseudonyms,
    decrypted_mapping,
    encrypted_ids,
    key_blocks,
    key_id,
    key_shares,
    without_mapped,
)
from segmentation.storage import small_frame

KEY = b"a key of thirty-two bytes, or so."
IDS = ["17850", "ann", "Ünïcödé 😀", "x" * 300]


@pytest.fixture(scope="module")
def keyed(spark):
    share, other = (small_frame(spark, [{"words": words}], KEY_SHARE) for words in key_shares(KEY, os.urandom(BLOCK_BYTES)))
    return Pseudonyms(key_id(KEY), key_blocks(share, other))


def name_of(text):
    return hmac.new(KEY, text.encode(), hashlib.sha256).hexdigest()


def test_the_mapping_has_each_customer_once_with_pseudonym_and_key(spark, keyed):
    table = spark.createDataFrame([(text,) for text in [*IDS, *IDS, None]], "who STRING")
    rows = decrypted_mapping(encrypted_ids(F.col("who"), table, keyed), keyed)
    assert sorted(map(tuple, rows.collect())) == sorted((name_of(text), text, key_id(KEY)) for text in IDS)
    assert rows.schema.names == MAPPING.names


def test_no_id_is_readable_before_decryption(spark, keyed):
    table = spark.createDataFrame([(text,) for text in IDS * 2], "who STRING")
    rows = encrypted_ids(F.col("who"), table, keyed).collect()
    assert {row.pseudonym for row in rows} == {name_of(text) for text in IDS}
    assert [text for text in IDS for row in rows if text.encode() in bytes(row.encrypted)] == []


def test_only_customers_that_the_mapping_lacks_are_added(spark, keyed):
    table = spark.createDataFrame([(text,) for text in IDS], "who STRING")
    known = spark.createDataFrame([(name_of("ann"), "ann", key_id(KEY)), (name_of("gone"), "gone", key_id(KEY))], MAPPING)
    added = decrypted_mapping(without_mapped(encrypted_ids(F.col("who"), table, keyed), known), keyed)
    assert {row.customer_id for row in added.collect()} == {*IDS} - {"ann"}
