from segmentation.ingest.lines import typed_lines
from segmentation.ingest.validation import masked, with_unreadable_masked
from segmentation.schemas import RECORD
from segmentation.settings import settings_from_dict

COLUMNS = {"order_id": "o", "customer_id": "c", "ordered_at": "t", "quantity": "q", "unit_price": "p", "discount": "d"}
SETTINGS = settings_from_dict(
    {"input": {"format": "csv", "path": "log", "timestamp_format": "yyyy-MM-dd", "columns": COLUMNS}, "baskets": {"use": False}}
)


def _sources(spark, *lines):
    log = spark.createDataFrame([(*line, None) for line in lines], ", ".join(f"{name} STRING" for name in (*COLUMNS, RECORD)))
    return [tuple(row) for row in with_unreadable_masked(typed_lines(log, SETTINGS.input, SETTINGS.rules)).select("source.*").collect()]


def test_a_mask_has_the_shape_of_its_text(spark):
    texts = ["31/12/2024", "RAWID-7f3a-000123", "Ünïcödé 日本", "", None, "e\u0301 ٣", "-5.0"]
    frame = spark.createDataFrame([(n, text) for n, text in enumerate(texts)], "n INT, text STRING")
    shown = [row[0] for row in frame.orderBy("n").select(masked(frame.text)).collect()]
    assert shown == ["99/99/9999", "xxxxx-9x9x-999999", "xxxxxxx xx", "", None, "xx 9", "-9.9"]


def test_only_unreadable_times_and_numbers_are_masked(spark):
    good, bad = ("o1", "ann", "2024-03-01", "2", "3.5", "1"), ("o1", "ann", "ID-17", "ID-18", "ID-19", "ID-20")
    assert _sources(spark, good) == [good]
    assert _sources(spark, bad) == [("o1", "ann", *4 * ["xx-99"])]


def test_missing_values_are_not_masked(spark):
    nothing = ("o1", "ann", None, "", " ", None)
    assert _sources(spark, nothing) == [nothing]
