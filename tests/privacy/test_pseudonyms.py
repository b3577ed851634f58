import hashlib
import hmac
import os

import pytest
from chispa import assert_df_equality
from pyspark.sql import functions as F

from segmentation.privacy.pseudonyms import BLOCK_BYTES, KEY_SHARE, key_blocks, key_id, key_shares, with_pseudonyms
from segmentation.storage import small_frame

# RFC 4231, 4.2 to 4.8 but for 4.6, whose output is cut: key, data, HMAC-SHA-256.
RFC_4231 = [
    (b"\x0b" * 20, "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    (b"Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    (
        b"\xaa" * 131,
        "Test Using Larger Than Block-Size Key - Hash Key First",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ),
    (
        b"\xaa" * 131,
        "This is a test using a larger than block-size key and a larger than block-size data. "
        "The key needs to be hashed before being used by the HMAC algorithm.",
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
    ),
]
BINARY_DATA = [
    (b"\xaa" * 20, b"\xdd" * 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
    (bytes(range(1, 26)), b"\xcd" * 50, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
]
IDS = ["17850", "0017850", "Ünïcödé-İstanbul", "日本 1", "😀", " a b ", "e\u0301", "é", "x" * 200, "\u0000", "a\nb", '"q"', "\\N"]
COMPILED = {"spark.sql.codegen.wholeStage": "true", "spark.sql.codegen.factoryMode": "FALLBACK"}
KEYS = [bytes(range(1, length + 1)) for length in (1, 32, 63, 64, 65, 200)]


def blocks_of(spark, key, pad=None):
    share, other = (small_frame(spark, [{"words": words}], KEY_SHARE) for words in key_shares(key, pad or os.urandom(BLOCK_BYTES)))
    return key_blocks(share, other)


def pseudonyms(spark, key, ids):
    frame = spark.createDataFrame([(number, text) for number, text in enumerate(ids)], "n INT, who STRING")
    rows = with_pseudonyms(frame, blocks_of(spark, key), {"who": F.col("who")}).orderBy("n").collect()
    return [row.who for row in rows]


@pytest.mark.parametrize(("key", "data", "expected"), RFC_4231)
def test_pseudonyms_match_the_vectors_of_rfc_4231(spark, key, data, expected):
    assert pseudonyms(spark, key, [data]) == [expected]


@pytest.mark.parametrize(("key", "data", "expected"), BINARY_DATA)
def test_binary_data_matches_the_vectors_too(spark, key, data, expected):
    frame = spark.createDataFrame([(bytearray(data),)], "data BINARY")
    assert [row.data for row in with_pseudonyms(frame, blocks_of(spark, key), {"data": F.col("data")}).collect()] == [expected]


@pytest.mark.parametrize("key", KEYS, ids=len)
def test_pseudonyms_equal_pythons_hmac_for_any_text_and_length_of_key(spark, key):
    assert pseudonyms(spark, key, IDS) == [hmac.new(key, text.encode(), hashlib.sha256).hexdigest() for text in IDS]


def test_null_has_no_pseudonym_and_other_columns_are_unchanged(spark):
    frame = spark.createDataFrame([(None, 1, "a"), ("ann", 2, None)], "who STRING, `of it` INT, text STRING")
    expected = spark.createDataFrame(
        [(None, 1, "a"), (hmac.new(b"k" * 32, b"ann", hashlib.sha256).hexdigest(), 2, None)], "who STRING, `of it` INT, text STRING"
    )
    assert_df_equality(
        with_pseudonyms(frame, blocks_of(spark, b"k" * 32), {"who": F.col("who")}), expected, ignore_row_order=True, ignore_nullable=True
    )


def test_each_key_has_its_own_id_which_does_not_reveal_it():
    keys = [bytes([number]) * 32 for number in range(50)]
    assert len({key_id(key) for key in keys}) == 50
    assert key_id(keys[1]) == key_id(keys[1])
    assert key_id(keys[1]) not in hashlib.sha256(keys[1]).hexdigest()


def test_neither_share_reveals_the_key():
    key, pad = b"0123456789abcdef" * 3, bytes(range(64))
    masked_block, cover = key_shares(key, pad)
    assert cover == key_shares(b"another key", pad)[1]
    assert masked_block != key_shares(key, bytes(range(1, 65)))[0]
    assert key not in b"".join(word.to_bytes(8, "big", signed=True) for word in masked_block)


@pytest.mark.parametrize("mode", ["simple", "extended", "codegen", "cost", "formatted"])
def test_no_explained_plan_shows_key_or_shares(spark, capsys, mode):
    for key, value in COMPILED.items():
        spark.conf.set(key, value)
    key, pad = b"recognisable-key-0123456789abcdef", bytes(range(64))
    named = with_pseudonyms(
        spark.range(3).select(F.col("id").cast("string").alias("who")), blocks_of(spark, key, pad), {"who": F.col("who")}
    )
    named.collect()
    named.explain(mode=mode)
    shown = capsys.readouterr().out
    assert "sha2" in shown
    forms = [bytes(byte ^ x for byte in key) for x in (0, 0x36, 0x5C)]
    words = [str(word) for share in key_shares(key, pad) for word in share]
    assert [form for form in [*(f.hex() for f in forms), *(f.hex().upper() for f in forms), key.decode(), *words] if form in shown] == []
