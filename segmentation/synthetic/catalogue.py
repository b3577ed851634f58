"""Catalogue of products: the same for every seed, each product a function of its number."""

from dataclasses import dataclass

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
