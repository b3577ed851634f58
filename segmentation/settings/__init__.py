"""Settings of a run: strict, frozen, and documented."""

from segmentation.analyses.backtest.settings import BacktestSettings
from segmentation.analyses.monitoring.settings import FeedSettings, MonitorSettings
from segmentation.analyses.recommendations.settings import BasketsSettings
from segmentation.settings.attributes import AttributeColumn, AttributesSettings
from segmentation.settings.clustering import ClusteringSettings, CompareSettings
from segmentation.settings.describe import as_commented_yaml, json_schema
from segmentation.settings.features import BlockWeights, FeatureSettings, FeaturesSettings
from segmentation.settings.load import load_settings, settings_from_dict
from segmentation.settings.log import CategoriesSettings, CategoryLookup, CategoryPattern, Columns, InputSettings, RulesSettings
from segmentation.settings.output import ExportSettings, OutputSettings, PublishSettings, ReportSettings
from segmentation.settings.privacy import KeyReference, PrivacySettings, PseudonymSettings
from segmentation.settings.root import Settings
from segmentation.settings.stream import KafkaSettings, StreamSettings

__all__ = [
    "AttributeColumn",
    "AttributesSettings",
    "BacktestSettings",
    "BasketsSettings",
    "BlockWeights",
    "CategoriesSettings",
    "CategoryLookup",
    "CategoryPattern",
    "ClusteringSettings",
    "Columns",
    "CompareSettings",
    "ExportSettings",
    "FeatureSettings",
    "FeaturesSettings",
    "FeedSettings",
    "InputSettings",
    "KafkaSettings",
    "KeyReference",
    "MonitorSettings",
    "OutputSettings",
    "PrivacySettings",
    "PseudonymSettings",
    "PublishSettings",
    "ReportSettings",
    "RulesSettings",
    "Settings",
    "StreamSettings",
    "as_commented_yaml",
    "json_schema",
    "load_settings",
    "settings_from_dict",
]
