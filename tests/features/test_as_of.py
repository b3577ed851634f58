"""Features of a day use nothing from that day on: Spark sees a whole log, plain Python only what came before."""

from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F

from segmentation.features.purchases import customer_totals, purchase_features
from segmentation.ingest.categories import with_category_index, with_slugs
from segmentation.ingest.lines import typed_lines, with_default_order_id
from segmentation.ingest.orders import active_orders, aggregate_orders, orders_as_of, products_per_customer
from segmentation.ingest.returns import ReturnKeys, return_key, with_voided
from segmentation.ingest.rules import IS_REJECTED, with_rejection
from segmentation.settings import settings_from_dict

SLUGS = ("kitchen", "toys", "other")
AS_OF = datetime(2024, 3, 2)  # a Saturday, in a leap year
CATEGORIES = with_slugs(["Kitchen", "Toys", "other"])
CATEGORY_OF = {"MUG": "Kitchen", "TOY": "Toys", "PEN": "Paper", "": None}
COLUMNS = ("customer_id", "ordered_at", "quantity", "unit_price", "order_id", "product_id", "category")
SETTINGS = settings_from_dict(
    {
        "input": {"format": "csv", "path": "log", "columns": {name: name for name in COLUMNS}},
        "rules": {"cancelled_order_prefix": "C"},
        "features": {"as_of": "2024-03-02"},
    }
)
WHOLE_LOG = SETTINGS.model_copy(update={"features": SETTINGS.features.model_copy(update={"as_of": None})})
MICROSECOND = timedelta(microseconds=1)
TIMES = [AS_OF + timedelta(hours=hours) for hours in (-24 * 40, -24 * 6, -49, -25, -24, -2, -1, 0, 0, 1, 22, 200)]
TIMES += [AS_OF - MICROSECOND, AS_OF - timedelta(hours=25) - MICROSECOND]
LINE = st.tuples(
    st.sampled_from(TIMES),
    st.sampled_from([1, 1, 1, 2, -1, -1, -2]),
    st.sampled_from([25_000, 25_000, 25_000, 3_333]),
    st.sampled_from(["A1", "A2", "C1", ""]),
    st.sampled_from(["MUG", "MUG", "MUG", "TOY", "PEN", ""]),
)
LOGS = st.lists(st.lists(LINE, min_size=2, max_size=9), min_size=100, max_size=100)


def _accepted_by_spark(spark, logs, chosen):
    rows = [
        (f"customer {number}", str(at), str(quantity), str(Decimal(price_e4) / 10_000), order, product, CATEGORY_OF[product], None)
        for number, lines in enumerate(logs)
        for at, quantity, price_e4, order, product in lines
    ]
    log = spark.createDataFrame(rows, ", ".join(f"{name} STRING" for name in (*COLUMNS, "record")))
    lines = typed_lines(log, chosen.input, chosen.rules).transform(lambda rows: with_rejection(rows, chosen))
    accepted = lines.where(~F.col(IS_REJECTED)).transform(with_default_order_id)
    returns = ReturnKeys(accepted.where("is_return").select(return_key().alias("return_key")), count=1)
    return with_voided(with_category_index(accepted, CATEGORIES), returns, within_hours=24, cache=lambda frame: frame).cache()


def _collected(totals):
    result = purchase_features(totals, AS_OF.date(), SLUGS).drop("as_of").collect()
    return {row.customer_id: {name: value for name, value in row.asDict().items() if name != "customer_id"} for row in result}


def _features_by_spark(spark, logs):
    accepted = _accepted_by_spark(spark, logs, SETTINGS)
    breadth = products_per_customer(accepted, "breadth_products")
    return _collected(customer_totals(active_orders(aggregate_orders(accepted, CATEGORIES)), SLUGS).join(breadth, "customer_id", "left"))


def _features_as_of(spark, logs):
    """From the orders of the whole log; without products, which are counted from lines."""
    orders = aggregate_orders(_accepted_by_spark(spark, logs, WHOLE_LOG), CATEGORIES)
    return _collected(customer_totals(orders_as_of(orders, AS_OF.date()), SLUGS))


def _not_voided(lines):
    """The lines that are not voided."""
    voided = set()
    in_time = sorted(range(len(lines)), key=lambda place: (lines[place]["at"], lines[place]["order"]))
    for mine in (place for place in in_time if lines[place]["returned"]):
        back = lines[mine]
        equal = [
            place
            for place in in_time
            if not lines[place]["returned"]
            and place not in voided
            and lines[place]["at"] <= back["at"]
            and lines[place]["key"] == back["key"]
        ]
        if equal and back["at"] - lines[equal[-1]]["at"] <= timedelta(hours=24):
            voided |= {mine, equal[-1]}
    return [line for place, line in enumerate(lines) if place not in voided]


def _features_by_hand(log):
    """Features of one customer from the lines before AS_OF; None without a purchase."""
    before = [
        {
            "at": at,
            "order": order or str(at.date()),
            "product": product,
            "returned": quantity < 0 or order.startswith("C"),
            "amount": abs(quantity) * price_e4,
            "key": (product, abs(quantity), price_e4),
        }
        for at, quantity, price_e4, order, product in log
        if at < AS_OF
    ]
    active = _not_voided(before)
    orders = defaultdict(list)
    for line in active:
        orders[line["order"]].append(line)
    purchases = [
        min(line["at"] for line in lines).date()
        for lines in orders.values()
        if sum(-line["amount"] if line["returned"] else line["amount"] for line in lines) > 0
    ]
    if not purchases:
        return None
    bought = [line for line in active if not line["returned"]]
    gross, returned = sum(line["amount"] for line in bought), sum(line["amount"] for line in active if line["returned"])
    days = sorted(set(purchases))
    spend = dict.fromkeys(("kitchen", "toys", "other"), 0)
    for line in bought:
        spend[{"MUG": "kitchen", "TOY": "toys"}.get(line["product"], "other")] += line["amount"]
    return {
        "recency_days": (AS_OF.date() - days[-1]).days,
        "tenure_days": (AS_OF.date() - days[0]).days,
        "frequency_orders": len(purchases),
        "purchase_days": len(days),
        "monetary_gross": Decimal(gross) / 10_000,
        "monetary_net": Decimal(gross - returned) / 10_000,
        "order_value_avg": (gross - returned) / 10_000 / len(purchases),
        "interpurchase_days_avg": (days[-1] - days[0]).days / (len(days) - 1) if len(days) > 1 else None,
        "breadth_products": len({line["product"] for line in bought} - {""}),
        "breadth_categories": sum(amount > 0 for amount in spend.values()),
        "return_rate": min(returned / gross, 1.0),
        **{f"category_share_{slug}": amount / gross for slug, amount in spend.items()},
        "weekend_order_share": sum(day.isoweekday() >= 6 for day in purchases) / len(purchases),
        **{f"month_order_share_{n:02d}": sum(day.month == n for day in purchases) / len(purchases) for n in range(1, 13)},
    }


quick_settings = settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@quick_settings
@given(logs=LOGS)
def test_features_of_a_day_use_nothing_from_that_day_on(spark, logs):
    assume(logs[0] != logs[1])  # hypothesis begins with logs all alike, too dull for a Spark job
    by_hand = {f"customer {number}": _features_by_hand(log) for number, log in enumerate(logs)}
    assert _features_by_spark(spark, logs) == {name: features for name, features in by_hand.items() if features}


@quick_settings
@given(logs=LOGS)
def test_the_orders_of_the_whole_log_give_the_features_of_an_earlier_day(spark, logs):
    assume(logs[0] != logs[1])
    # No order has lines on either side of the day: such orders count whole, by definition.
    apart = [[(at, n, price, order and order + "ab"[at < AS_OF], product) for at, n, price, order, product in log] for log in logs]
    by_hand = {f"customer {number}": _features_by_hand(log) for number, log in enumerate(apart)}
    expected = {
        name: {key: value for key, value in result.items() if key != "breadth_products"} for name, result in by_hand.items() if result
    }
    assert _features_as_of(spark, apart) == expected
