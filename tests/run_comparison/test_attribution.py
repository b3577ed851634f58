"""Each move between runs has one cause, and causes add up to all moves."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segmentation.run_comparison.attribution import STEPS, MoveCause, MoveGroup, attribute_moves, customers_by_cause, n_stayed

SCHEMA = "customer_id string, " + ", ".join(f"{step} int" for step in STEPS) + ", monetary_net double"


def _attributed(spark, *paths):
    return attribute_moves(spark.createDataFrame([(str(number), *path, 1.0) for number, path in enumerate(paths)], SCHEMA))


def test_the_cause_of_a_move_is_the_last_step_that_changed_the_segment(spark):
    groups = _attributed(
        spark,
        (1, 1, 1, 1, 1, 1),
        (1, 2, 2, 2, 2, 2),  # near a boundary, and no longer assigned by hysteresis
        (1, 1, 3, 3, 3, 3),
        (1, 1, 1, 4, 4, 4),
        (1, 1, 1, 1, 5, 5),
        (1, 1, 1, 1, 1, 6),
        (1, 1, 2, 7, 7, 7),  # time started it, behaviour completed it
        (1, 1, 2, 1, 1, 1),  # there and back
    )
    causes = {(moved.before, moved.after): moved.cause for moved in groups}
    assert causes == {
        (1, 1): None,
        (1, 2): MoveCause.HYSTERESIS,
        (1, 3): MoveCause.TIME,
        (1, 4): MoveCause.BEHAVIOUR,
        (1, 5): MoveCause.MODEL,
        (1, 6): MoveCause.HYSTERESIS,
        (1, 7): MoveCause.BEHAVIOUR,
    }
    assert customers_by_cause(groups) == {"time": 1, "behaviour": 2, "model": 1, "hysteresis": 2}
    assert next(moved for moved in groups if moved.cause is None) == MoveGroup(1, 1, None, 2, 2.0)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(paths=st.lists(st.tuples(*[st.integers(1, 3)] * len(STEPS)), min_size=1, max_size=30))
def test_causes_add_up_to_all_customers_who_moved(spark, paths):
    groups = _attributed(spark, *paths)
    moved = [path for path in paths if path[0] != path[-1]]
    assert sum(customers_by_cause(groups).values()) == len(moved)
    assert n_stayed(groups) == len(paths) - len(moved)
    assert all((one.cause is None) == (one.before == one.after) for one in groups)
