"""A return voids the latest equal purchase that no other return was matched with, if it is recent enough."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from oracle.typed_lines import Line, lines_frame, uncached

from segmentation.ingest.returns import BROADCAST_RETURNS, ReturnKeys, return_key, with_voided

START = datetime(2024, 3, 1, 12)
MICROSECOND = timedelta(microseconds=1)


def bought(hours, order="A1", product="MUG", units=1.0, price=10_000.0, customer="7"):
    return Line(customer, product, units, price, START + timedelta(hours=hours), False, order)


def returned(hours, order="C1", product="MUG", units=1.0, price=10_000.0, customer="7"):
    return Line(customer, product, -units, price, START + timedelta(hours=hours), True, order)


def _returns(frame, count):
    return ReturnKeys(frame.where("is_return").select(return_key().alias("return_key")), count)


def _voided(spark, lines, within_hours=24, returns=1):
    """How often each (line, hours from the start to voided_at) comes out."""
    matched = lines_frame(spark, lines).transform(lambda frame: with_voided(frame, _returns(frame, returns), within_hours, uncached))
    texts = matched.select(*Line._fields, "voided_at").withColumns(
        {name: matched[name].cast("timestamp_ntz") for name in ("ordered_at", "voided_at")}
    )
    return Counter(tuple(row) for row in texts.collect())


def _assert_cases(spark, cases, **options):
    """`cases` holds pairs (line, hours to voided_at or None) by what they show; each is a customer of its own."""
    expected = Counter()
    for case, pairs in cases.items():
        for line, hours in pairs:
            voided_at = None if hours is None else START + timedelta(hours=hours)
            expected[(case, *line[1:], voided_at)] += 1
    lines = [Line(*row[:-1]) for row in expected.elements()]
    assert _voided(spark, lines, **options) == expected


def test_which_purchase_a_return_voids(spark):
    day_and_more = 24 + MICROSECOND / timedelta(hours=1)
    _assert_cases(
        spark,
        {
            "soon": [(bought(0), 1), (returned(1), 1)],
            "at the same moment": [(bought(1), 1), (returned(1), 1)],
            "just within a day": [(bought(0), 24), (returned(24), 24)],
            "a microsecond too late": [(bought(0), None), (returned(day_and_more), None)],
            "before the purchase": [(returned(0), None), (bought(1), None)],
            "the latest of three": [(bought(0, "A1"), None), (bought(1, "A2"), None), (bought(2, "A3"), 3), (returned(3), 3)],
            "not what another return took": [(bought(0), 4), (bought(1), 3), (returned(3), 3), (returned(4), 4)],
            "one return more than purchases": [(bought(0), 1), (returned(1), 1), (returned(2), None)],
            "a stray return takes no later purchase": [(returned(0), None), (bought(1), 2), (returned(2), 2)],
            "too old once is too old for ever": [(bought(0), None), (returned(30), None), (bought(31), 32), (returned(32), 32)],
            "an old purchase below a new one": [(bought(0), None), (bought(30), 31), (returned(31), 31), (returned(32), None)],
            "bought again after": [(bought(0), 1), (returned(1), 1), (bought(2), None)],
            "two at one moment": [(bought(0, "A1"), None), (bought(0, "A2"), 1), (returned(1), 1)],
            "unknown products are equal": [(bought(0, product=None), 1), (returned(1, product=None), 1)],
        },
    )


def test_what_must_be_equal_for_a_return_to_void_a_purchase(spark):
    _assert_cases(
        spark,
        {
            "product": [(bought(0), None), (returned(1, product="CUP"), None)],
            "quantity": [(bought(0, units=2.0), None), (returned(1, units=1.0), None)],
            "price": [(bought(0), None), (returned(1, price=10_001.0), None)],
            "customer": [(bought(0), None)],
            "another customer": [(returned(1), None)],
            "not the order number": [(bought(0, "A1"), 1), (returned(1, "C9"), 1)],
        },
    )


def test_a_return_on_a_cancelled_order_number_voids_with_a_positive_quantity_too(spark):
    cancelled = returned(1)._replace(quantity=1.0)
    _assert_cases(spark, {"positive": [(bought(0), 1), (cancelled, 1)]})


def test_the_window_is_that_of_the_settings(spark):
    lines = {"two hours": [(bought(0), 2), (returned(2), 2)], "three hours": [(bought(0), None), (returned(3), None)]}
    _assert_cases(spark, lines, within_hours=2)


@pytest.mark.parametrize("nothing", [{"within_hours": 0}, {"returns": 0}])
def test_nothing_is_voided_without_a_window_or_without_returns(spark, nothing):
    frame, given = lines_frame(spark, [bought(0), returned(0)]), {"within_hours": 24, "returns": 1, **nothing}
    matched = with_voided(frame, _returns(frame, given["returns"]), given["within_hours"], uncached)
    assert dict(matched.dtypes)["voided_at"] == "timestamp"
    assert [row.voided_at for row in matched.collect()] == [None, None]


@pytest.mark.parametrize("returns", [1, BROADCAST_RETURNS + 1])
def test_the_only_new_column_is_voided_at(spark, returns):
    frame = lines_frame(spark, [bought(0)])
    assert with_voided(frame, _returns(frame, returns), 24, uncached).dtypes == [*frame.dtypes, ("voided_at", "timestamp")]


@pytest.fixture
def only_asked_for_broadcasts(spark):
    key = "spark.sql.autoBroadcastJoinThreshold"
    before = spark.conf.get(key)
    spark.conf.set(key, "-1")
    yield
    spark.conf.set(key, before)


@pytest.mark.usefixtures("only_asked_for_broadcasts")
def test_a_small_number_of_returns_is_broadcast_and_a_large_one_is_shuffled(spark, capsys):
    frame = lines_frame(spark, [bought(0), returned(1)])
    plans = []
    for returns in (BROADCAST_RETURNS, BROADCAST_RETURNS + 1):
        with_voided(frame, _returns(frame, returns), 24, uncached).explain()
        plans.append(capsys.readouterr().out)
    assert [("BroadcastHashJoin" in plan, "SortMergeJoin" in plan) for plan in plans] == [(True, False), (False, True)]


# Times that meet, and times just within and just beyond a day of one another.
MOMENTS = [START + timedelta(hours=hours) for hours in (0, 1, 24, 25, 48)]
MOMENTS += [START + timedelta(hours=hours) + MICROSECOND for hours in (24, 25, 48)]
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["MUG", "MUG", "CUP", None]),
        st.sampled_from([1.0, 1.0, 2.0]),
        st.sampled_from(MOMENTS),
        st.booleans(),
        st.sampled_from(["A1", "A2"]),
    ),
    min_size=2,
    max_size=9,
)


def _by_the_contract(lines):
    """Each line with what voids it, straight from the words of the contract."""
    taken_at: dict[int, datetime] = {}
    order_of_time = sorted(range(len(lines)), key=lambda place: (lines[place].ordered_at, lines[place].order_id))
    for mine in (place for place in order_of_time if lines[place].is_return):
        back = lines[mine]
        equal = [
            place
            for place in order_of_time
            if not lines[place].is_return
            and place not in taken_at
            and lines[place].ordered_at <= back.ordered_at
            and (lines[place].product_id, lines[place].quantity) == (back.product_id, -back.quantity)
        ]
        if equal and back.ordered_at - lines[equal[-1]].ordered_at <= timedelta(hours=24):
            taken_at[equal[-1]] = taken_at[mine] = back.ordered_at
    return [(*line, taken_at.get(place)) for place, line in enumerate(lines)]


@pytest.mark.parametrize("returns", [1, BROADCAST_RETURNS + 1])
@settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(logs=st.lists(EVENTS, min_size=120, max_size=120))
def test_any_log_is_matched_as_the_contract_says(spark, returns, logs):
    assume(logs[0] != logs[1])  # hypothesis begins with logs all alike, too dull for a Spark job
    customers = [
        [
            Line(f"customer {number}", product, -units if back else units, 10_000.0, at, back, order)
            for product, units, at, back, order in events
        ]
        for number, events in enumerate(logs)
    ]
    expected = Counter(pair for lines in customers for pair in _by_the_contract(lines))
    assert _voided(spark, [line for lines in customers for line in lines], returns=returns) == expected
