"""The catalogue, and the lines of orders: product, quantity and price, by the preferences of the customer's type."""

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.synthetic.draws import bell, looked_up, looked_up_text, pick, uniform
from segmentation.synthetic.orders import MOST_LINES
from segmentation.synthetic.retailer import TYPES, Retailer

TIERS = ("Everyday", "Classic", "Handmade")
TIER_PRICES = (1.0, 1.8, 3.2)
COLOURS = ("white", "red", "blue", "green")

# Category: the price of its cheapest product, and five things.
_RANGES = {
    "Kitchen": (2.10, ("mixing bowl", "bread bin", "chopping board", "whisk", "storage jar")),
    "Dining": (2.40, ("dinner plate", "cake stand", "soup bowl", "mug", "napkin set")),
    "Lighting": (4.20, ("table lamp", "lantern", "night light", "candle holder", "string lights")),
    "Textiles": (3.60, ("cushion cover", "throw", "tea towel", "curtain tie", "doormat")),
    "Garden": (3.10, ("planter", "bird feeder", "watering can", "wind chime", "trowel")),
    "Stationery": (1.20, ("notebook", "card set", "pencil case", "gift wrap roll", "calendar")),
    "Toys": (2.30, ("building blocks", "soft rabbit", "spinning top", "jigsaw", "skipping rope")),
    "Party": (0.80, ("bunting", "paper cups", "balloon pack", "paper plates", "party hats")),
    "Gifts": (5.20, ("photo frame", "keepsake box", "scented candle", "music box", "gift hamper")),
    "Storage": (0.95, ("lunch bag", "shopper bag", "basket", "tin", "crate")),
    "Bath": (1.90, ("soap dish", "hand towel", "bath mat", "toothbrush mug", "bath salts")),
    "Jewellery": (4.80, ("bead bracelet", "hair slide", "charm necklace", "brooch", "ring dish")),
}

CATEGORIES = tuple(_RANGES)
PER_TIER = len(COLOURS) * 5
PER_CATEGORY = len(TIERS) * PER_TIER
# Favourites per type in one table of equal rows: 12 places serve two, three or four favourites alike.
_PLACES = 12
# Shares no divisor with PER_TIER, so it visits every place before it comes back.
_STEP = 7
_LOYALTY = (0.70, 0.95)
_SPREAD_OF_CUSTOMERS, _SPREAD_OF_LINES = 0.25, 0.4


@dataclass(frozen=True)
class Product:
    """One product; `category` is None for postage."""

    product_id: str
    description: str
    category: str | None
    unit_price: float


def products() -> tuple[Product, ...]:
    """All products by number: category by category, cheaper tiers first; postage comes last."""
    numbers = range(len(CATEGORIES) * PER_CATEGORY)
    return (*map(_product, numbers), Product("POST", "Postage", None, 4.95))


def _product(number: int) -> Product:
    category = CATEGORIES[number // PER_CATEGORY]
    tier, place = divmod(number % PER_CATEGORY, PER_TIER)
    cheapest, things = _RANGES[category]
    colour, thing = COLOURS[place // len(things)], things[place % len(things)]
    price = cheapest * TIER_PRICES[tier] * (1 + place / PER_TIER / 2)
    return Product(f"{20_000 + number}", f"{TIERS[tier]} {colour} {thing}", category, round(price, 2))


_POSTAGE = len(products()) - 1


def with_contents(lines: DataFrame, retailer: Retailer) -> DataFrame:
    """Add product_id, description, category, `units` (positive) and unit_price.

    Needs `origin` and `position`, the order and the line in it that the contents belong to, `person`, `type`, and
    `is_postage`.
    """
    product = F.col("product")
    catalogue = products()
    # Postage comes after the last category, which makes its category null.
    category = F.floor(product / PER_CATEGORY).cast("int")
    return (
        lines.withColumn("line", F.col("origin") * MOST_LINES + F.col("position"))
        .withColumn("product", _product_number(retailer))
        .withColumns(
            {
                "product_id": looked_up_text([p.product_id for p in catalogue], product),
                "description": looked_up_text([p.description for p in catalogue], product),
                "category": looked_up_text(CATEGORIES, category),
                "units": _units(retailer),
                "unit_price": _price(retailer, [p.unit_price for p in catalogue]),
            }
        )
    )


def _product_number(retailer: Retailer) -> Column:
    # The place moves with the line, so no product comes twice in an order but by the duplicates declared.
    place = (pick(uniform(retailer.seed, "place", F.col("origin")), PER_TIER) + F.col("position") * _STEP) % PER_TIER
    number = _category(retailer) * PER_CATEGORY + _tier(retailer) * PER_TIER + place
    return F.when(F.col("is_postage"), _POSTAGE).otherwise(number).cast("int")


def _category(retailer: Retailer) -> Column:
    seed, line, person = retailer.seed, F.col("line"), F.col("person")
    least, most = _LOYALTY
    loyalty = least + (most - least) * uniform(seed, "loyalty", person)
    draw = uniform(seed, "category", line)
    favourite = looked_up(_favourites(), F.col("type") * _PLACES + pick(draw / loyalty, _PLACES).cast("int"), "int")
    return F.when(draw < loyalty, favourite).otherwise(pick(uniform(seed, "any category", line), len(CATEGORIES)))


def _tier(retailer: Retailer) -> Column:
    thrift = looked_up([planted.thrift for planted in TYPES], F.col("type"))
    return pick(F.pow(uniform(retailer.seed, "tier", F.col("line")), thrift), len(TIERS))


def _units(retailer: Retailer) -> Column:
    typical = looked_up([planted.units for planted in TYPES], F.col("type"))
    customer = _SPREAD_OF_CUSTOMERS * bell(uniform(retailer.seed, "units of customer", F.col("person")))
    line = _SPREAD_OF_LINES * bell(uniform(retailer.seed, "units", F.col("line")))
    units = F.greatest(F.round(typical * F.exp(customer + line)), F.lit(1)).cast("int")
    return F.when(F.col("product") == _POSTAGE, 1).otherwise(units)


def _price(retailer: Retailer, prices: list[float]) -> Column:
    is_free = uniform(retailer.seed, "free", F.col("line")) < retailer.free_share
    return F.when(is_free, 0.0).otherwise(looked_up(prices, F.col("product")))


def _favourites() -> list[int]:
    names = (planted.favourites[place % len(planted.favourites)] for planted in TYPES for place in range(_PLACES))
    return [CATEGORIES.index(name) for name in names]
