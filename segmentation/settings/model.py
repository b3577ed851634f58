"""Settings of what is made of the log: features, clustering, output."""

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from segmentation.settings.attributes import AttributesSettings
from segmentation.settings.campaigns import BasketsSettings, ExportSettings
from segmentation.settings.data import CategoriesSettings, InputSettings, Name, RulesSettings, Share
from segmentation.settings.feature import FeatureSettings, Transform, Weight
from segmentation.settings.monitor import MonitorSettings
from segmentation.settings.paths import OutputPath
from segmentation.settings.privacy import PrivacySettings, columns_of_customers, overlap
from segmentation.settings.publish import PublishSettings
from segmentation.settings.section import Section, plain
from segmentation.settings.stream import StreamSettings


def _used(transform: Transform = "none") -> FeatureSettings:
    return FeatureSettings(use=True, transform=transform)


def _unused(transform: Transform = "none") -> FeatureSettings:
    return FeatureSettings(use=False, transform=transform)


class _FeatureGroup(Section):
    """Features by name; what is said of one is laid over its own default, key by key."""

    @model_validator(mode="before")
    @classmethod
    def _laid_over_defaults(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        defaults = {name: field.get_default().model_dump() for name, field in cls.model_fields.items()}
        return {name: {**defaults.get(name, {}), **plain(said)} if isinstance(said, dict) else said for name, said in given.items()}


class ValueFeatures(_FeatureGroup):
    """Block of purchase behaviour; definitions in docs/tables.md."""

    recency_days: FeatureSettings = _used("log1p")
    """Days from the last purchase to as_of."""
    tenure_days: FeatureSettings = _unused("log1p")
    """Days from the first purchase to as_of."""
    frequency_orders: FeatureSettings = _used("log1p")
    """Orders with a positive net."""
    purchase_days: FeatureSettings = _unused("log1p")
    """Distinct days with such an order."""
    monetary_gross: FeatureSettings = _unused("log1p")
    """Spend before returns."""
    monetary_net: FeatureSettings = _used("log1p")
    """Spend net of returns."""
    order_value_avg: FeatureSettings = _used("log1p")
    """Net spend per order."""
    interpurchase_days_avg: FeatureSettings = _unused("log1p")
    """Mean days between purchase days; missing for customers seen on one day, then the median is taken."""
    breadth_products: FeatureSettings = _unused("log1p")
    """Distinct products bought."""
    breadth_categories: FeatureSettings = _unused("none")
    """Distinct categories bought."""
    return_rate: FeatureSettings = _unused("none")
    """Returned value / gross value, 0 to 1."""


class PreferenceFeatures(_FeatureGroup):
    """Block of habits and tastes, all of them shares between 0 and 1."""

    category_shares: FeatureSettings = _used()
    """Spend in each category / gross spend."""
    weekend_order_share: FeatureSettings = _unused()
    """Orders on Saturdays and Sundays / all orders."""
    month_order_shares: FeatureSettings = _unused()
    """Orders in each month of the year / all orders; these twelve columns are made only where used."""


class BlockWeights(Section):
    """Weight of each block as a whole, however many features it has."""

    value: Weight = 1.0
    """Purchase behaviour."""
    preferences: Weight = 1.0
    """Habits and tastes."""
    attributes: Weight = 1.0
    """What the customer table tells."""


class FeaturesSettings(Section):
    """What describes a customer."""

    as_of: date | None = None
    """The day the features describe; only lines before its midnight (UTC) count. Default: the day after the last accepted line,
    or without a log the day of the run."""
    exact_products_up_to_lines: Annotated[int, Field(ge=0)] = 1_000_000
    """Distinct products are counted in logs of up to so many lines; beyond, they are estimated, at a tenth of the cost and
    to about 3 % (docs/tables.md)."""
    block_weights: BlockWeights = BlockWeights()
    value: ValueFeatures = ValueFeatures()
    preferences: PreferenceFeatures = PreferenceFeatures()


class ClusteringSettings(Section):
    """How customers are grouped."""

    segments: Annotated[int, Field(ge=2, le=100)] | None = None
    """A fixed number of segments. Default: chosen by silhouette."""
    min_segments: Annotated[int, Field(ge=2, le=100)] = 3
    """Fewest segments that may be chosen."""
    max_segments: Annotated[int, Field(ge=2, le=100)] = 10
    """Most segments that may be chosen; the sweep goes from 2 to here."""
    smallest_share: Annotated[float, Field(ge=0, lt=0.5)] = 0.01
    """No segment may hold a smaller share of customers."""
    least_stability: Share = 0.6
    """How far the least stable segment must come back when customers are drawn anew (mean Jaccard); waived where no number does."""
    seed: Annotated[int, Field(ge=-(2**62), le=2**62)] = 42
    """Every random choice starts here."""
    restarts: Annotated[int, Field(ge=1, le=50)] = 5
    """Starts tried for each number of segments; the one of lowest cost is kept."""
    draws: Annotated[int, Field(ge=2, le=1000)] = 20
    """How often customers are drawn anew, with replacement, to see what comes back."""
    draw_customers: Annotated[int, Field(ge=50, le=100_000)] = 3_000
    """Each draw takes about this many customers of the sample at most."""
    references: Annotated[int, Field(ge=2, le=1000)] = 10
    """Clouds of evenly spread customers that the gap statistic compares each number of segments with."""
    sample_customers: Annotated[int, Field(ge=100, le=1_000_000)] = 30_000
    """The sweep looks at about this many customers, chosen by hash; at all of them where there are no more. The final fit takes all.
    A million customers of twenty features are 160 MB on the driver, and as many distances for each segment."""
    max_iterations: Annotated[int, Field(ge=1, le=1000)] = 50
    """Iterations of one fit at most."""
    tolerance: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1e-3
    """A fit ends when no centre moves farther; each block of features has a variance of its weight squared."""
    warm_start_tolerance: Share | None = 1e-3
    """A new fit starts where the segments of the published run were, unless a fresh start lowers the cost on the sample by more than this
    share: optima that close are equally good, and customers need not move between them. null: always a fresh start."""
    switch_margin: Share = 0.1
    """When customers are scored, one whose segment is no longer the nearest moves only where (own - nearest) / (own + nearest), of
    distances, is this or more: who lives by a border does not move back and forth. 0: always the nearest."""
    customers_per_partition: Annotated[int, Field(ge=1)] = 50_000
    """Spark partitions follow the number of customers, not the machine: the same data gives the same segments anywhere."""

    @model_validator(mode="after")
    def _rising_limits(self) -> Self:
        if self.min_segments > self.max_segments:
            raise ValueError(f"min_segments ({self.min_segments}) must not be above max_segments ({self.max_segments})")
        if self.segments is None and self.smallest_share * self.min_segments > 1:
            raise ValueError(f"{self.min_segments} segments cannot each hold {self.smallest_share:.0%} of the customers")
        return self


class UsefulnessSettings(Section):
    """Whether the segments tell what comes next: customers as of a day of the past, against what they did then."""

    cut: date | None = None
    """The day looked back to: segments are made anew of what came before it. Default: not looked into."""
    days: Annotated[int, Field(ge=1, le=3660)] = 90
    """So many days from the cut on are what is to be foretold."""


class CompareSettings(Section):
    """How other algorithms are set beside k-means by `segmentation compare`."""

    sample_customers: Annotated[int, Field(ge=100, le=20_000)] = 5_000
    """All are measured on about this many customers, chosen by hash; Ward, HDBSCAN and the self-organising map are fitted on them too."""


class OutputSettings(Section):
    """Where everything goes."""

    path: OutputPath = "output"
    """Root of runs/, orders/ and current.json."""
    permissions: Literal["owner", "group", "inherit"] = "owner"
    """Who may read what is written, where the file system tells: its owner alone; the owner's group too; or whoever the process's umask
    lets."""


class ReportSettings(Section):
    """What the page calls things."""

    title: Name = "Customer segments"
    """Heading of the page."""
    currency: Name | None = None
    """Shown beside amounts."""
    scatter: tuple[Name, Name] | None = None
    """Two features, by their columns, that the page shows customers in. Default: recency_days and monetary_net where customers are
    compared by both, else the two that tell the segments most apart."""
    segment_names: dict[Name, Name] = Field(default_factory=dict)
    """Names of your own for those that segments are given, such as {Best customers: Gold}."""


class Settings(Section):
    """Everything one run depends on."""

    input: InputSettings | None = None
    """The transaction log. A run needs a log, or a customer table (`attributes`), or both."""
    attributes: AttributesSettings | None = None
    """A customer table: joined to the log's customers where there is a log, segmented on its own where there is none."""
    rules: RulesSettings = RulesSettings()
    categories: CategoriesSettings = CategoriesSettings()
    features: FeaturesSettings = FeaturesSettings()
    clustering: ClusteringSettings = ClusteringSettings()
    usefulness: UsefulnessSettings = UsefulnessSettings()
    privacy: PrivacySettings = PrivacySettings()
    publish: PublishSettings = PublishSettings()
    compare: CompareSettings = CompareSettings()
    output: OutputSettings = OutputSettings()
    report: ReportSettings = ReportSettings()
    baskets: BasketsSettings = BasketsSettings()
    export: ExportSettings = ExportSettings()
    monitor: MonitorSettings = MonitorSettings()
    stream: StreamSettings = StreamSettings()

    @model_validator(mode="after")
    def _parts_agree(self) -> Self:
        checks = (
            *(self._source_fault, self._category_fault, self._product_fault, self._basket_fault),
            *(self._pseudonym_fault, self._stream_fault),
            *(self._attribute_fault, self._sensitive_fault, self._feature_fault, self._scatter_fault),
        )
        faults = [fault for check in checks if (fault := check())]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _source_fault(self) -> str | None:
        if self.input is None and self.attributes is None:
            return "neither input, a transaction log, nor attributes, a customer table, is given: a run needs one of them, or both"
        return None

    def _category_fault(self) -> str | None:
        if self.input is None:
            return "categories are of a log's lines, and no input is given" if self.categories.lookup or self.categories.patterns else None
        columns, categories = self.input.columns, self.categories
        sources = {
            "input.columns.category": columns.category,
            "categories.lookup": categories.lookup,
            "categories.patterns": categories.patterns,
        }
        given = [name for name, value in sources.items() if value]
        if len(given) > 1:
            return f"categories come from one place, found {' and '.join(given)}"
        if categories.patterns and not columns.description:
            return "categories.patterns read input.columns.description, which is not mapped"
        if categories.lookup and not columns.product_id:
            return "categories.lookup joins on input.columns.product_id, which is not mapped"
        return None

    def _product_fault(self) -> str | None:
        if self.rules.not_a_product and not self.has_products:
            return "rules.not_a_product needs input.columns.product_id, which is not mapped"
        return None

    def _attribute_fault(self) -> str | None:
        known = {*ValueFeatures.model_fields, *PreferenceFeatures.model_fields}
        taken = self.attributes.taken_names(known) if self.attributes else []
        return f"attributes.columns: {', '.join(taken)}: so another column is called; choose another name" if taken else None

    def _sensitive_fault(self) -> str | None:
        allowed = self.privacy.allow_sensitive
        if self.attributes is None:
            return "privacy.allow_sensitive names attributes, and no customer table is given" if allowed else None
        return "; ".join(self.attributes.sensitive_faults(allowed)) or None

    def _basket_fault(self) -> str | None:
        if self.baskets.use and not self.has_products:
            return "baskets.use needs input.columns.product_id, which is not mapped: map it, or set baskets.use to false"
        return None

    def _pseudonym_fault(self) -> str | None:
        if self.privacy.pseudonyms is None:
            return None
        tables = {"input.columns": self.input.columns.mapped() if self.input else {}, "attributes.columns": self._attribute_columns()}
        twice = [f"{section}.{ours}" for section, columns in tables.items() for ours in columns_of_customers(columns)]
        if twice:
            return f"{', '.join(twice)}: the column of customer ids, which privacy.pseudonyms replaces and nothing else may show"
        mapping = self.privacy.pseudonyms.mapping_path
        if mapping is not None and overlap(mapping, self.output.path):
            return "privacy.pseudonyms.mapping_path and output.path must be apart, neither in the other: who reads one need not see both"
        return None

    def _stream_fault(self) -> str | None:
        return self.stream.fault(self.input.columns.mapped()) if self.input else None

    def _attribute_columns(self) -> dict[str, str]:
        if self.attributes is None:
            return {}
        return {"customer_id": self.attributes.customer_id, **{name: column.column for name, column in self.attributes.columns.items()}}

    def _feature_fault(self) -> str | None:
        groups = (*(f for _, f in self.features.value), *(f for _, f in self.features.preferences)) if self.input else ()
        if any(feature.use and feature.weight > 0 for feature in groups) or (self.attributes and self.attributes.is_used):
            return None
        where = "features" if self.input else "attributes" if self.attributes else None
        return f"{where} uses none: set use: true on at least one" if where else None

    @property
    def log(self) -> InputSettings:
        """The transaction log, for those who read it: ask only where `input` is given."""
        if self.input is None:
            raise ValueError("there is no transaction log: input is not given")
        return self.input

    def _scatter_fault(self) -> str | None:
        asked = self.report.scatter or ()
        if len(set(asked)) < len(asked):
            return f"report.scatter wants two different features, found {' and '.join(asked)}"
        idle = [name for name in asked if not self._compares_by(name)]
        return f"report.scatter wants features that customers are compared by, found {' and '.join(idle)}" if idle else None

    def _compares_by(self, column: str) -> bool:
        preferences = self.features.preferences
        families = {"category_share_": preferences.category_shares, "month_order_share_": preferences.month_order_shares}
        shares = [feature for prefix, feature in families.items() if column.startswith(prefix)]
        single = {**dict(self.features.value), "weekend_order_share": preferences.weekend_order_share}.get(column)
        # A nominal attribute becomes a column for each level, which only the table tells.
        own = [
            a for name, a in (self.attributes.columns if self.attributes else {}).items() if name == column or column.startswith(f"{name}_")
        ]
        return any(feature.use and feature.weight > 0 for feature in (*shares, *own, *filter(None, (single,))))

    @property
    def has_products(self) -> bool:
        """Whether the log tells products."""
        return self.input is not None and self.input.columns.product_id is not None

    @property
    def has_categories(self) -> bool:
        """Whether lines can be told apart by category."""
        mapped = self.input is not None and self.input.columns.category
        return bool(mapped or self.categories.lookup or self.categories.patterns)
