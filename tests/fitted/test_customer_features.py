"""Facts about the customer table."""

from segmentation.fitted.customer_features import suppress_attribute_counts


def test_row_counts_of_the_customer_table_are_suppressed_together():
    facts = {"rows": 206, "unreadable_rows": 0, "without_id": 3, "duplicates": 0, "customers": 203, "without_row": None, "unknown": None}
    facts |= {"undescribed": 0, "columns": {"age": {"type": "number", "missing": 4, "unreadable": 0}}}
    result = suppress_attribute_counts(facts, 203, 10)
    assert {value for name, value in result.items() if name != "columns"} == {None}
    assert result["columns"]["age"] == {"type": "number", "missing": None, "unreadable": 0}
