"""Each move has one cause, and causes add up to all moves."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segmentation.monitor.attribution import STEPS, Cause, Moved, by_cause, moves, stayed
from segmentation.privacy.moves import moves_told

SCHEMA = "customer_id string, " + ", ".join(f"{step} int" for step in STEPS) + ", monetary_net double"


def _moves(spark, *ways):
    return moves(spark.createDataFrame([(str(number), *way, 1.0) for number, way in enumerate(ways)], SCHEMA))


def test_a_move_is_put_down_to_the_last_step_that_changed_the_segment(spark):
    found = _moves(
        spark,
        (1, 1, 1, 1, 1, 1),
        (1, 2, 2, 2, 2, 2),  # was kept at a border, and is no longer
        (1, 1, 3, 3, 3, 3),
        (1, 1, 1, 4, 4, 4),
        (1, 1, 1, 1, 5, 5),
        (1, 1, 1, 1, 1, 6),
        (1, 1, 2, 7, 7, 7),  # time began it, behaviour brought it to its end
        (1, 1, 2, 1, 1, 1),  # there and back
    )
    causes = {(moved.before, moved.after): moved.cause for moved in found}
    assert causes == {
        (1, 1): None,
        (1, 2): Cause.STEADINESS,
        (1, 3): Cause.TIME,
        (1, 4): Cause.BEHAVIOUR,
        (1, 5): Cause.MODEL,
        (1, 6): Cause.STEADINESS,
        (1, 7): Cause.BEHAVIOUR,
    }
    assert by_cause(found) == {"time": 1, "behaviour": 2, "model": 1, "steadiness": 2}
    assert next(moved for moved in found if moved.cause is None) == Moved(1, 1, None, 2, 2.0)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ways=st.lists(st.tuples(*[st.integers(1, 3)] * len(STEPS)), min_size=1, max_size=30))
def test_causes_add_up_to_all_who_moved_and_to_nobody_else(spark, ways):
    found = _moves(spark, *ways)
    moved = [way for way in ways if way[0] != way[-1]]
    assert sum(by_cause(found).values()) == len(moved)
    assert stayed(found) == len(ways) - len(moved)
    assert all((one.cause is None) == (one.before == one.after) for one in found)


def test_small_ways_are_kept_back_with_what_would_give_them_back():
    rows = [
        {"before": 1, "after": 2, "cause": "time", "customers": 3, "revenue_net": 5},
        {"before": 1, "after": 2, "cause": "behaviour", "customers": 40, "revenue_net": 5},
        {"before": 2, "after": 1, "cause": "behaviour", "customers": 50, "revenue_net": 5},
    ]
    told = moves_told(rows, 10)
    assert [row["customers"] for row in told[:2]] == [None, None]
    assert {row["revenue_net"] for row in told} == {None}
    assert moves_told(rows, 1) == rows
