"""The synthetic retailer: its size, its period, its customer types and the flaws of its log."""

from dataclasses import dataclass
from datetime import date
from itertools import accumulate

from pydantic import Field

from segmentation.settings.section import SettingsSection

LINES_PER_ORDER = 8
LINES_PER_CUSTOMER = 47


@dataclass(frozen=True)
class PlantedType:
    """A type of customer and its behaviour."""

    name: str
    # Part of all customers, 0 to 1.
    share: float
    # Mean orders per customer over the whole period, relative to the other types.
    orders: float
    # First and last moment of buying, as parts of the period, 0 to 1.
    active: tuple[float, float]
    # The categories that take most of their lines; the rest is spread over all categories.
    favourites: tuple[str, ...]
    # Typical units of a line.
    units: float
    # 1 buys from all price tiers alike, above 1 cheaper ones, below 1 dearer ones.
    thrift: float
    # Chance that some lines of an order come back, 0 to 1.
    return_chance: float


TYPES = (
    PlantedType("trade buyers", 0.08, 13.0, (0.0, 1.0), ("Storage", "Party"), 14.0, 1.3, 0.12),
    PlantedType("loyal regulars", 0.23, 7.2, (0.0, 1.0), ("Kitchen", "Dining", "Bath"), 3.0, 1.0, 0.20),
    PlantedType("occasional gifters", 0.32, 3.8, (0.0, 1.0), ("Gifts", "Jewellery"), 1.5, 0.6, 0.16),
    PlantedType("lapsed decorators", 0.23, 3.2, (0.0, 0.4), ("Lighting", "Textiles", "Garden"), 2.2, 0.8, 0.30),
    PlantedType("new families", 0.14, 3.2, (0.88, 1.0), ("Toys", "Stationery"), 2.0, 1.4, 0.24),
)


class Retailer(SettingsSection):
    """Settings of the synthetic retailer: equal settings give equal rows, on any cluster."""

    lines: int = Field(ge=1_000, le=100_000_000_000)
    """Rows of the transaction log."""
    seed: int
    """Another seed is another log of the same kind."""
    first_day: date = date(2024, 1, 1)
    """First day of the log, UTC."""
    days: int = Field(default=731, ge=60)
    """Length of the log in days."""
    guest_share: float = Field(default=0.15, ge=0, le=0.9)
    """Part of the orders without a customer."""
    void_share: float = Field(default=0.2, ge=0, le=1)
    """Part of the returns that follow their purchase within 24 hours."""
    duplicate_share: float = Field(default=0.005, ge=0, le=0.1)
    """Part of the lines that repeat the line before."""
    free_share: float = Field(default=0.003, ge=0, le=0.5)
    """Part of the lines that cost nothing."""
    postage_share: float = Field(default=0.005, ge=0, le=0.1)
    """Part of the lines that are postage, no product; where it is charged, it is an order's last line."""

    @property
    def customers(self) -> int:
        """Customers that the retailer knows; a few of them never order."""
        return self.lines // LINES_PER_CUSTOMER

    @property
    def orders(self) -> int:
        """Purchase orders of the log; returns come on top."""
        return -(-self.lines // LINES_PER_ORDER)

    @property
    def type_bounds(self) -> tuple[int, ...]:
        """Type i holds the customers numbered from bound i up to bound i+1."""
        ends = accumulate(planted.share for planted in TYPES)
        return (0, *(round(end * self.customers) for end in ends))
