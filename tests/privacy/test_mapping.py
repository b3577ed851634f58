import hashlib
import hmac
import os

import pytest
from pyspark.sql import functions as F

from segmentation.context import small_frame
from segmentation.privacy.mapping import MAPPING, opened, sealed_ids, without_known
from segmentation.privacy.pseudonyms import BLOCK_BYTES, SHARE, Pseudonyms, key_blocks, key_id, shares

KEY = b"a key of thirty-two bytes, or so."
IDS = ["17850", "ann", "Ünïcödé 😀", "x" * 300]


@pytest.fixture(scope="module")
def keyed(spark):
    share, other = (small_frame(spark, [{"words": words}], SHARE) for words in shares(KEY, os.urandom(BLOCK_BYTES)))
    return Pseudonyms(key_id(KEY), key_blocks(share, other))


def name_of(text):
    return hmac.new(KEY, text.encode(), hashlib.sha256).hexdigest()


def test_each_customer_is_told_once_with_pseudonym_and_key(spark, keyed):
    table = spark.createDataFrame([(text,) for text in [*IDS, *IDS, None]], "who STRING")
    rows = opened(sealed_ids(F.col("who"), table, keyed), keyed)
    assert sorted(map(tuple, rows.collect())) == sorted((name_of(text), text, key_id(KEY)) for text in IDS)
    assert rows.schema.names == MAPPING.names


def test_what_is_gathered_holds_no_id(spark, keyed):
    table = spark.createDataFrame([(text,) for text in IDS * 2], "who STRING")
    rows = sealed_ids(F.col("who"), table, keyed).collect()
    assert {row.pseudonym for row in rows} == {name_of(text) for text in IDS}
    assert [text for text in IDS for row in rows if text.encode() in bytes(row.sealed)] == []


def test_only_customers_that_the_mapping_does_not_know_are_added(spark, keyed):
    table = spark.createDataFrame([(text,) for text in IDS], "who STRING")
    known = spark.createDataFrame([(name_of("ann"), "ann", key_id(KEY)), (name_of("gone"), "gone", key_id(KEY))], MAPPING)
    added = opened(without_known(sealed_ids(F.col("who"), table, keyed), known), keyed)
    assert {row.customer_id for row in added.collect()} == {*IDS} - {"ann"}
