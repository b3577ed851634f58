"""Canonical ids: one id for each customer, order and product, however it was written, and its pseudonym where one is asked for."""

from collections.abc import Collection, Mapping
from functools import reduce
from operator import or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from segmentation import storage
from segmentation.context import RunContext
from segmentation.privacy.denylist import without_erased
from segmentation.privacy.pseudonyms import Pseudonyms, decrypted_mapping, encrypted_ids, read_mapping, with_pseudonyms, without_mapped
from segmentation.schemas import CUSTOMER_ID, HAS_UNREADABLE_ID, IS_ERASED, ORDER_ID, PRODUCT_ID, RECORD, STREAM_COLUMNS, STRING, named

IDS = (CUSTOMER_ID, ORDER_ID, PRODUCT_ID)

_NOT_ASCII = "[^ -~]"
"""Any character but printable ASCII: such ids are rare, and only they are examined further."""
_INVISIBLE = r"\p{Cf}"
_EDGES = r"^[\s\p{Z}\p{Cc}]+|[\s\p{Z}\p{Cc}]+$"
_DAMAGED = r"[\p{Cc}\x{FFFD}]"
"""The replacement character of bytes that could not be decoded, and control characters, such as a line break inside an id."""
_FULL_WIDTH = "".join(map(chr, range(0xFF01, 0xFF5F)))
_ASCII = "".join(map(chr, range(0x21, 0x7F)))
_UNREADABLE = "\ufffd"
"""Replaces a damaged id. No valid id contains this character, so that the line is rejected for it."""


def canonical_id(column: Column, kind: T.DataType) -> Column:
    """An id as text, trimmed of everything invisible; a whole number loses its empty fraction: 17850.0 and 17850 are one."""
    text = F.trim(_as_text(column, kind))
    if not isinstance(kind, T.StringType | T.FractionalType):
        return text
    return F.when(text.endswith("0") & text.contains("."), F.regexp_replace(text, r"^(\d+)\.0+$", "$1")).otherwise(text)


def known_id(column: Column, kind: T.DataType, missing_values: tuple[str, ...]) -> Column:
    """A canonical id; null for texts that mean "no value"."""
    text = canonical_id(column, kind)
    longest = max((len(value.encode()) for value in missing_values), default=0)
    missing = (F.octet_length(text) <= longest) & F.lower(text).isin(*missing_values)
    return F.when(~missing, text)


def canonical(name: str, kinds: Mapping[str, T.DataType], missing_values: tuple[str, ...]) -> Column:
    """The canonical value of one of `IDS`: orders and products in upper case; null where the log has no such column."""
    if name not in kinds:
        return F.lit(None).cast(STRING)
    known = known_id(F.col(name), kinds[name], missing_values)
    return known if name == CUSTOMER_ID else F.upper(known)


def canonical_customer(table: DataFrame, missing_values: Collection[str]) -> Column:
    """The canonical customer id of each row of an input table; null where there is none, or the record is unreadable."""
    return F.when(F.col(RECORD).isNull(), known_id(F.col(CUSTOMER_ID), table.schema[CUSTOMER_ID].dataType, tuple(missing_values)))


def is_damaged(column: Column, kind: T.DataType) -> Column:
    """Whether an id contains characters that no id has."""
    return F.lit(False) if isinstance(kind, T.NumericType) else _as_text(column, kind).isNull() & column.isNotNull()


def has_damaged(kinds: Mapping[str, T.DataType]) -> Column:
    """Whether customer, order or product is damaged, of those that the log has."""
    damaged = [is_damaged(F.col(name), kinds[name]) for name in IDS if name in kinds]
    return reduce(or_, damaged, F.lit(False))


def plain_id_bits(ids: Mapping[str, Column], kinds: Mapping[str, T.DataType]) -> Column:
    """A bit for each of `IDS` whose value in the log is canonical already.

    `kinds` are the types of the log's columns: only text can be canonical as it is.
    """
    texts = (name for name in IDS if isinstance(kinds.get(name), T.StringType))
    bits = (F.when(ids[name].eqNullSafe(F.col(name)), 1 << IDS.index(name)).otherwise(0) for name in texts)
    return reduce(Column.bitwiseOR, bits, F.lit(0))


def ids_from_bits(bits: int) -> frozenset[str]:
    """The names of `IDS` whose bits are set."""
    return frozenset(name for index, name in enumerate(IDS) if bits >> index & 1)


def _as_text(column: Column, kind: T.DataType) -> Column:
    """An id as text, in half-width characters and without invisible ones; null where it is damaged."""
    text = _without_exponent(column, kind).cast(STRING)
    if isinstance(kind, T.NumericType):
        return text
    visible = _without_invisible(text)
    return F.when(~text.rlike(_NOT_ASCII), text).when(~visible.rlike(_DAMAGED), visible)


def _without_invisible(text: Column) -> Column:
    return F.translate(F.regexp_replace(F.regexp_replace(text, _INVISIBLE, ""), _EDGES, ""), _FULL_WIDTH, _ASCII)


def _without_exponent(column: Column, kind: T.DataType) -> Column:
    """Whole numbers stored as DOUBLE are written without an exponent."""
    if not isinstance(kind, T.FloatType | T.DoubleType):
        return column
    is_whole = (column == F.rint(column)) & (F.abs(column) < 1e18)
    return F.when(is_whole, column.cast("decimal(19,0)").cast(STRING)).otherwise(column.cast(STRING))


def pseudonymize(table: DataFrame, pseudonyms: Pseudonyms | None, missing_values: Collection[str]) -> DataFrame:
    """Replace each customer id of an input table by its pseudonym, as STRING.

    In an unreadable record the id could be in any column: its columns are emptied, and `record` becomes a keyed hash of its text.
    A damaged id is replaced by a character that has it rejected.

    `pseudonyms` None leaves the table unchanged; `missing_values` are texts that mean "no value".
    """
    if pseudonyms is None:
        return table
    is_readable = F.col(RECORD).isNull()
    others = [name for name in table.columns if name not in (CUSTOMER_ID, RECORD, IS_ERASED, *STREAM_COLUMNS)]
    emptied = {name: F.when(is_readable, named(name)) for name in others}
    is_damaged_id = is_readable & is_damaged(F.col(CUSTOMER_ID), table.schema[CUSTOMER_ID].dataType)
    known = {CUSTOMER_ID: canonical_customer(table, missing_values), HAS_UNREADABLE_ID: is_damaged_id}
    hashed = {CUSTOMER_ID: F.col(CUSTOMER_ID), RECORD: F.concat(F.lit("record "), RECORD)}
    replaced = with_pseudonyms(table.withColumns({**emptied, **known}), pseudonyms.blocks, hashed)
    damaged = F.when(F.col(HAS_UNREADABLE_ID), F.lit(_UNREADABLE)).otherwise(F.col(CUSTOMER_ID))
    return replaced.withColumn(CUSTOMER_ID, damaged).drop(HAS_UNREADABLE_ID)


def update_mapping(context: RunContext, table: DataFrame, missing_values: Collection[str]) -> None:
    """Add the customers of an input table that the mapping does not contain yet, in a folder named by the run.

    Does nothing unless `privacy.pseudonyms.mapping_path` is set. Erased people are not added.

    Raises SettingsError where the mapping's folder cannot be made, or is readable by everybody.
    """
    settings = context.settings.privacy.pseudonyms
    if context.pseudonyms is None or settings is None or settings.mapping_path is None:
        return
    with context.run_log.stage("mapping") as stage:
        storage.make_private_folder(settings.mapping_path, "privacy.pseudonyms.mapping_path")
        table = without_erased(table, canonical_customer(table, missing_values), context.erased)
        encrypted = encrypted_ids(canonical_customer(table, missing_values), table, context.pseudonyms)
        new = context.cache(without_mapped(encrypted, read_mapping(context.spark, settings.mapping_path)))
        n_customers = new.count()
        if n_customers:
            folder = storage.join(settings.mapping_path, f"run_id={context.run.run_id}")
            storage.write_table(decrypted_mapping(new, context.pseudonyms), folder)
        stage.count(new_customers=n_customers)
