"""Finding and removing customers in tables and texts. Their ids are always rows of a frame: a literal would appear in every query plan."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.schemas import CUSTOMER_ID, RECORD, STRING, named

NON_CUSTOMER_COLUMNS = frozenset(
    {
        *("order_id", "product_id", "description", "category", "country", "quantity", "unit_price", "amount", "discount"),
        *("ordered_at", "antecedent", "antecedent_text", "consequent", "consequent_text", "recommendation"),
    }
)
"""Columns whose values are no customers, even if equal to an id: a product code 15036, and a customer 15036."""

PATH, COLUMN, VALUE, IS_NUMBER, NGRAM = "path", "column", "value", "is_number", "ngram"

_BETWEEN_WORDS = r"[^\p{L}\p{N}.]+"
_OUTER_POINTS = r"^\.+|\.+$"
_SHORT_NUMBER_OR_DATE = r"^[0-9]{1,6}$|^(?=.* )[0-9 ]{1,10}$"


def without_people(rows: DataFrame, people: DataFrame) -> DataFrame:
    """The rows of a table that belong to none of some people, including rows without a customer.

    `people` has each `customer_id` once. A `record`, the text of an unreadable line, belongs to them if it mentions such an id. A table
    without `customer_id` and `record` is returned whole.
    """
    others = rows.join(people, CUSTOMER_ID, "left_anti") if CUSTOMER_ID in rows.columns else rows
    if RECORD in rows.columns:
        others = others.join(_records_mentioning(rows, people), RECORD, "left_anti")
    return others.select(*map(named, rows.columns))


def only_people(rows: DataFrame, people: DataFrame) -> DataFrame:
    """The rows that `without_people` removes, each once."""
    own = rows.join(people, CUSTOMER_ID, "left_semi") if CUSTOMER_ID in rows.columns else rows.limit(0)
    if RECORD not in rows.columns:
        return own
    mentioning = rows.join(_records_mentioning(rows, people), RECORD, "left_semi").select(*rows.columns)
    if CUSTOMER_ID in rows.columns:
        mentioning = mentioning.join(people, CUSTOMER_ID, "left_anti").select(*rows.columns)
    return own.unionByName(mentioning)


def _records_mentioning(rows: DataFrame, people: DataFrame) -> DataFrame:
    records = rows.where(F.col(RECORD).isNotNull()).select(RECORD).distinct()
    return rows_mentioning(records, RECORD, people).select(RECORD)


def has_personal_rows(rows: DataFrame) -> bool:
    """Whether a table may hold rows of single customers under their ids."""
    return CUSTOMER_ID in rows.columns or RECORD in rows.columns


def rows_mentioning(rows: DataFrame, column: str, people: DataFrame) -> DataFrame:
    """The rows whose text holds an id as a word or as consecutive words, each once.

    They have a further column `is_number`: whether all ids that the text holds are short numbers or dates, which may mean anything.
    """
    listed = people.select(words_of(F.col(CUSTOMER_ID)).alias(NGRAM)).where(F.size(NGRAM) > 0)
    max_words = listed.agg(F.coalesce(F.max(F.size(NGRAM)), F.lit(1))).collect()[0][0]
    ids = listed.select(F.array_join(NGRAM, " ").alias(NGRAM)).distinct()
    matches = with_ngrams(rows, column, max_words).join(ids, NGRAM, "left_semi")
    return matches.groupBy(*map(named, rows.columns)).agg(F.bool_and(F.col(NGRAM).rlike(_SHORT_NUMBER_OR_DATE)).alias(IS_NUMBER))


def text_values(rows: DataFrame, path: str) -> DataFrame | None:
    """All values of a table's text columns but `record`, as rows of (path, column, value); None if it has none."""
    names = [field.name for field in rows.schema.fields if field.dataType == STRING and field.name != RECORD]
    if not names:
        return None
    cell = F.explode(F.array(*(F.struct(F.lit(name).alias(COLUMN), named(name).alias(VALUE)) for name in names))).alias("cell")
    return rows.select(cell).select(F.lit(path).alias(PATH), f"cell.{COLUMN}", f"cell.{VALUE}")


def nested_texts(rows: DataFrame, path: str) -> list[DataFrame]:
    """Texts that hold several values: unreadable records, arrays and structs, each column a frame of (path, column, value)."""
    frames = []
    for field in rows.schema.fields:
        if field.name == RECORD or (field.dataType != STRING and "string" in field.dataType.simpleString()):
            text = named(field.name) if field.dataType == STRING else F.to_json(named(field.name))
            frames.append(rows.select(F.lit(path).alias(PATH), F.lit(field.name).alias(COLUMN), text.alias(VALUE)))
    return frames


def count_exact_matches(values: DataFrame, people: DataFrame) -> DataFrame:
    """How many `text_values` equal an id: (path, column, is_number, count)."""
    matches = values.join(people.withColumnRenamed(CUSTOMER_ID, VALUE), VALUE, "left_semi")
    return matches.groupBy(PATH, COLUMN, F.col(VALUE).rlike(_SHORT_NUMBER_OR_DATE).alias(IS_NUMBER)).count()


def count_mentions(texts: DataFrame, people: DataFrame) -> DataFrame:
    """How many different `nested_texts` mention an id: (path, column, is_number, count)."""
    return rows_mentioning(texts.where(F.col(VALUE).isNotNull()).distinct(), VALUE, people).groupBy(PATH, COLUMN, IS_NUMBER).count()


def with_ngrams(rows: DataFrame, column: str, max_words: int) -> DataFrame:
    """Rows with `ngram`: one for each word of a text, and for each sequence of up to `max_words` words."""
    # The array of one text binds the words to a name: inside a lambda on the text, Spark would split it again for every word.
    ngrams = F.flatten(F.transform(F.array(words_of(F.col(column))), lambda words: _ngrams(words, max_words)))
    return rows.withColumn(NGRAM, F.explode(F.array_distinct(ngrams)))


def words_of(text: Column) -> Column:
    """A text's words, of letters, digits and points between them; an id with other characters is several words."""
    return F.filter(F.transform(F.split(text, _BETWEEN_WORDS), _without_outer_points), lambda word: word != "")


def _without_outer_points(word: Column) -> Column:
    return F.regexp_replace(word, _OUTER_POINTS, "")


def _ngrams(words: Column, max_words: int) -> Column:
    return F.concat(words, *(_ngrams_of_length(words, length) for length in range(2, max_words + 1)))


def _ngrams_of_length(words: Column, length: int) -> Column:
    starts = F.when(F.size(words) >= length, F.sequence(F.lit(1), F.size(words) - (length - 1))).otherwise(F.array().cast("array<int>"))
    return F.transform(starts, lambda start: F.array_join(F.slice(words, start, length), " "))
