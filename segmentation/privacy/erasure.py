"""Customers taken out of tables, and the search that proves it: ids travel as rows of a frame, never as literals."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.schemas import CUSTOMER_ID, RECORD, STRING, named

OF_OTHER_THINGS = frozenset(
    {
        *("order_id", "product_id", "description", "category", "country", "quantity", "unit_price", "amount", "discount"),
        *("ordered_at", "antecedent", "antecedent_text", "consequent", "consequent_text", "recommendation"),
    }
)
"""Columns whose texts are no customers, though they may read like one: a product's code 15036 beside the customer 15036."""

_APART = r"[^\p{L}\p{N}.]+"
_AROUND = r"^\.+|\.+$"
_FIGURE = r"^[0-9]{1,6}$|^(?=.* )[0-9 ]{1,10}$"
PLACE, COLUMN, VALUE, IS_FIGURE, SAID = "place", "column", "value", "is_figure", "said"


def without(rows: DataFrame, people: DataFrame) -> DataFrame:
    """The rows that are of nobody among the people, those of no customer included.

    Parameters
    ----------
    rows
        Any table; one without `customer_id` and `record` stays whole.
    people
        Their `customer_id`, one row each. A `record`, the text of a broken line, is theirs where it holds such an id anywhere.
    """
    kept = rows.join(people, CUSTOMER_ID, "left_anti") if CUSTOMER_ID in rows.columns else rows
    if RECORD not in rows.columns:
        return kept.select(*map(named, rows.columns))
    records = rows.where(F.col(RECORD).isNotNull()).select(RECORD).distinct()
    return kept.join(mentioning(records, RECORD, people).select(RECORD), RECORD, "left_anti").select(*map(named, rows.columns))


def only(rows: DataFrame, people: DataFrame) -> DataFrame:
    """The rows that `without` takes out."""
    own = rows.join(people, CUSTOMER_ID, "left_semi") if CUSTOMER_ID in rows.columns else rows.limit(0)
    if RECORD not in rows.columns:
        return own
    records = rows.where(F.col(RECORD).isNotNull()).select(RECORD).distinct()
    broken = rows.join(mentioning(records, RECORD, people).select(RECORD), RECORD, "left_semi").select(*rows.columns)
    return own.unionByName(broken.join(people, CUSTOMER_ID, "left_anti").select(*rows.columns) if CUSTOMER_ID in rows.columns else broken)


def is_about_people(rows: DataFrame) -> bool:
    """Whether a table may hold rows of single customers under their ids."""
    return CUSTOMER_ID in rows.columns or RECORD in rows.columns


def mentioning(texts: DataFrame, column: str, people: DataFrame) -> DataFrame:
    """The rows whose text holds an id as a word or as words in a row, with `is_figure`: whether only short numbers and dates do.

    Parameters
    ----------
    texts
        Any columns, with the text among them.
    column
        Name of the text.
    people
        Their `customer_id`.
    """
    listed = people.select(words_of(F.col(CUSTOMER_ID)).alias(SAID)).where(F.size(SAID) > 0)
    most = listed.agg(F.coalesce(F.max(F.size(SAID)), F.lit(1))).collect()[0][0]
    ids = listed.select(F.array_join(SAID, " ").alias(SAID)).distinct()
    found = said_by(texts, column, most).join(ids, SAID, "left_semi")
    is_figure = F.bool_and(F.col(SAID).rlike(_FIGURE)).alias(IS_FIGURE)
    return found.groupBy(*map(named, texts.columns)).agg(is_figure)


def cells(rows: DataFrame, place: str) -> DataFrame | None:
    """Every text of a table that is a value by itself, as rows of (place, column, value); None where it has none."""
    names = [field.name for field in rows.schema.fields if field.dataType == STRING and field.name != RECORD]
    if not names:
        return None
    cell = F.explode(F.array(*(F.struct(F.lit(name).alias(COLUMN), named(name).alias(VALUE)) for name in names))).alias("cell")
    return rows.select(cell).select(F.lit(place).alias(PLACE), f"cell.{COLUMN}", f"cell.{VALUE}")


def texts(rows: DataFrame, place: str) -> list[DataFrame]:
    """Texts of a table with values within: broken records, lists and structures, each a frame of (place, column, value)."""
    found = []
    for field in rows.schema.fields:
        if field.name == RECORD or (field.dataType != STRING and "string" in field.dataType.simpleString()):
            text = named(field.name) if field.dataType == STRING else F.to_json(named(field.name))
            found.append(rows.select(F.lit(place).alias(PLACE), F.lit(field.name).alias(COLUMN), text.alias(VALUE)))
    return found


def named_in(values: DataFrame, people: DataFrame) -> DataFrame:
    """How many values are an id, by place and column: (place, column, is_figure, count).

    Parameters
    ----------
    values
        As `cells`.
    people
        Their `customer_id`.
    """
    found = values.join(people.withColumnRenamed(CUSTOMER_ID, VALUE), VALUE, "left_semi")
    return found.groupBy(PLACE, COLUMN, F.col(VALUE).rlike(_FIGURE).alias(IS_FIGURE)).count()


def told_in(values: DataFrame, people: DataFrame) -> DataFrame:
    """The same of texts, as `texts`, that hold an id as a word."""
    return mentioning(values.where(F.col(VALUE).isNotNull()).distinct(), VALUE, people).groupBy(PLACE, COLUMN, IS_FIGURE).count()


def said_by(texts: DataFrame, column: str, most: int) -> DataFrame:
    """Texts with `said`, a row for every word and for up to so many words in a row."""
    # Bound to a name of its own: within a lambda, Spark would part the text anew for every word.
    said = F.flatten(F.transform(F.array(words_of(F.col(column))), lambda words: _in_a_row(words, most)))
    return texts.withColumn(SAID, F.explode(F.array_distinct(said)))


def words_of(text: Column) -> Column:
    """A text's words: letters and digits, with points within them; an id of other signs is several words in a row."""
    return F.filter(F.transform(F.split(text, _APART), _bare), lambda word: word != "")


def _bare(word: Column) -> Column:
    return F.regexp_replace(word, _AROUND, "")


def _in_a_row(words: Column, most: int) -> Column:
    """Every run of up to so many words."""
    return F.concat(words, *(_runs(words, length) for length in range(2, most + 1)))


def _runs(words: Column, length: int) -> Column:
    firsts = F.when(F.size(words) >= length, F.sequence(F.lit(1), F.size(words) - (length - 1))).otherwise(F.array().cast("array<int>"))
    return F.transform(firsts, lambda first: F.array_join(F.slice(words, first, length), " "))
