"""Customers between the segments of two runs."""

from segmentation.fitted.identity import Flow, customer_flows, movement_counts


def test_flows_include_everybody_who_is_or_was_there(spark):
    customers = spark.createDataFrame(
        [("a", 1, 1, 5.0), ("b", 2, 1, 7.0), ("c", 2, 1, 1.0), ("d", 2, None, 3.0)],
        "customer_id string, segment_id int, previous_segment_id int, monetary_net double",
    )
    before = spark.createDataFrame(
        [("a", 1, 4.0), ("b", 1, 4.0), ("c", 1, 1.0), ("e", 2, 9.0)], "customer_id string, previous_segment_id int, monetary_net double"
    )
    flows = customer_flows(customers, before)
    assert flows == [Flow(1, 1, 1, 5.0), Flow(1, 2, 2, 8.0), Flow(2, None, 1, 9.0), Flow(None, 2, 1, 3.0)]
    assert movement_counts(flows) == {"new": 1, "left": 1, "stayed": 1, "moved": 2}
