"""All settings of a run, and the checks across sections."""

from typing import Any, Self

from pydantic import Field, model_validator

from segmentation.analyses.backtest.settings import BacktestSettings
from segmentation.analyses.monitoring.settings import MonitorSettings
from segmentation.analyses.recommendations.settings import BasketsSettings
from segmentation.settings.attributes import AttributesSettings
from segmentation.settings.clustering import ClusteringSettings, CompareSettings
from segmentation.settings.features import FeaturesSettings, PreferenceFeatures, ValueFeatures
from segmentation.settings.log import CategoriesSettings, InputSettings, RulesSettings
from segmentation.settings.output import ExportSettings, OutputSettings, PublishSettings, ReportSettings
from segmentation.settings.privacy import PrivacySettings, customer_id_columns, paths_overlap
from segmentation.settings.section import Name, SettingsSection
from segmentation.settings.stream import StreamSettings


class Settings(SettingsSection):
    """Everything that one run depends on."""

    input: InputSettings | None = None
    """The transaction log. A run needs a log, or a customer table (`attributes`), or both."""
    attributes: AttributesSettings | None = None
    """A customer table: joined to the log's customers where there is a log, segmented on its own where there is none."""
    rules: RulesSettings = RulesSettings()
    categories: CategoriesSettings = CategoriesSettings()
    features: FeaturesSettings = FeaturesSettings()
    clustering: ClusteringSettings = ClusteringSettings()
    backtest: BacktestSettings = BacktestSettings()
    privacy: PrivacySettings = PrivacySettings()
    publish: PublishSettings = PublishSettings()
    compare: CompareSettings = CompareSettings()
    output: OutputSettings = OutputSettings()
    report: ReportSettings = ReportSettings()
    baskets: BasketsSettings = BasketsSettings()
    export: ExportSettings = ExportSettings()
    monitor: MonitorSettings = MonitorSettings()
    stream: StreamSettings = StreamSettings()
    analyses: dict[Name, dict[Name, Any]] = Field(default_factory=dict)
    """Options of analyses that you register yourself, by the analysis's name, such as {loyalty: {min_orders: 3}}."""

    @model_validator(mode="after")
    def _sections_agree(self) -> Self:
        checks = (
            *(self._input_error, self._category_error, self._product_error, self._basket_error),
            *(self._pseudonym_error, self._stream_error),
            *(self._attribute_error, self._sensitive_error, self._feature_error, self._scatter_error),
        )
        errors = [error for check in checks if (error := check())]
        if errors:
            raise ValueError("; ".join(errors))
        return self

    def _input_error(self) -> str | None:
        if self.input is None and self.attributes is None:
            return "neither input, a transaction log, nor attributes, a customer table, is given: a run needs one of them, or both"
        return None

    def _category_error(self) -> str | None:
        if self.input is None:
            return (
                "categories describe the lines of a log, and no input is given"
                if self.categories.lookup or self.categories.patterns
                else None
            )
        columns, categories = self.input.columns, self.categories
        sources = {
            "input.columns.category": columns.category,
            "categories.lookup": categories.lookup,
            "categories.patterns": categories.patterns,
        }
        given = [name for name, value in sources.items() if value]
        if len(given) > 1:
            return f"categories come from one source, found {' and '.join(given)}"
        if categories.patterns and not columns.description:
            return "categories.patterns read input.columns.description, which is not mapped"
        if categories.lookup and not columns.product_id:
            return "categories.lookup joins on input.columns.product_id, which is not mapped"
        return None

    def _product_error(self) -> str | None:
        if self.rules.excluded_products and not self.has_products:
            return "rules.excluded_products needs input.columns.product_id, which is not mapped"
        return None

    def _attribute_error(self) -> str | None:
        known = {*ValueFeatures.model_fields, *PreferenceFeatures.model_fields}
        taken = self.attributes.reserved_names(known) if self.attributes else []
        return f"attributes.columns: {', '.join(taken)}: another column has this name; choose another one" if taken else None

    def _sensitive_error(self) -> str | None:
        allowed = self.privacy.allow_sensitive
        if self.attributes is None:
            return "privacy.allow_sensitive names attributes, and no customer table is given" if allowed else None
        return "; ".join(self.attributes.sensitive_errors(allowed)) or None

    def _basket_error(self) -> str | None:
        if self.baskets.use and not self.has_products:
            return "baskets.use needs input.columns.product_id, which is not mapped: map it, or set baskets.use to false"
        return None

    def _pseudonym_error(self) -> str | None:
        if self.privacy.pseudonyms is None:
            return None
        tables = {"input.columns": self.input.columns.mapped() if self.input else {}, "attributes.columns": self._attribute_columns()}
        mapped_twice = [f"{section}.{ours}" for section, columns in tables.items() for ours in customer_id_columns(columns)]
        if mapped_twice:
            return f"{', '.join(mapped_twice)}: the column of customer ids, which privacy.pseudonyms replaces and nothing else may show"
        mapping = self.privacy.pseudonyms.mapping_path
        if mapping is not None and paths_overlap(mapping, self.output.path):
            return (
                "privacy.pseudonyms.mapping_path and output.path must be separate folders, neither inside the other: "
                "those who read one need not see both"
            )
        return None

    def _stream_error(self) -> str | None:
        return self.stream.error(self.input.columns.mapped()) if self.input else None

    def _attribute_columns(self) -> dict[str, str]:
        if self.attributes is None:
            return {}
        return {"customer_id": self.attributes.customer_id, **{name: column.column for name, column in self.attributes.columns.items()}}

    def _feature_error(self) -> str | None:
        groups = (*(f for _, f in self.features.value), *(f for _, f in self.features.preferences)) if self.input else ()
        if any(feature.use and feature.weight > 0 for feature in groups) or (self.attributes and self.attributes.is_used):
            return None
        where = "features" if self.input else "attributes" if self.attributes else None
        return f"{where} uses none: set use: true on at least one" if where else None

    @property
    def log(self) -> InputSettings:
        """The transaction log; ask only where `input` is given."""
        if self.input is None:
            raise ValueError("there is no transaction log: input is not given")
        return self.input

    def _scatter_error(self) -> str | None:
        scatter = self.report.scatter or ()
        if len(set(scatter)) < len(scatter):
            return f"report.scatter needs two different features, found {' and '.join(scatter)}"
        unused = [name for name in scatter if not self._compares_by(name)]
        return f"report.scatter needs features that customers are compared by, found {' and '.join(unused)}" if unused else None

    def _compares_by(self, column: str) -> bool:
        preferences = self.features.preferences
        families = {"category_share_": preferences.category_shares, "month_order_share_": preferences.month_order_shares}
        shares = [feature for prefix, feature in families.items() if column.startswith(prefix)]
        single = {**dict(self.features.value), "weekend_order_share": preferences.weekend_order_share}.get(column)
        # A nominal attribute becomes a column for each level, which only the table shows.
        own = [
            a for name, a in (self.attributes.columns if self.attributes else {}).items() if name == column or column.startswith(f"{name}_")
        ]
        return any(feature.use and feature.weight > 0 for feature in (*shares, *own, *filter(None, (single,))))

    @property
    def has_products(self) -> bool:
        """Whether the log has product codes."""
        return self.input is not None and self.input.columns.product_id is not None

    @property
    def has_categories(self) -> bool:
        """Whether lines have categories."""
        mapped = self.input is not None and self.input.columns.category
        return bool(mapped or self.categories.lookup or self.categories.patterns)
