"""What a run depends on: strict, frozen, and explained."""

from segmentation.settings.attributes import AttributeColumn, AttributesSettings
from segmentation.settings.campaigns import BasketsSettings, ExportSettings
from segmentation.settings.data import (
    CategoriesSettings,
    CategoryLookup,
    CategoryPattern,
    Columns,
    InputSettings,
    RulesSettings,
)
from segmentation.settings.describe import as_commented_yaml, json_schema
from segmentation.settings.feature import FeatureSettings
from segmentation.settings.load import load_settings, validated
from segmentation.settings.model import ClusteringSettings, FeaturesSettings, Settings, UsefulnessSettings
from segmentation.settings.privacy import KeyReference, PrivacySettings, PseudonymSettings
from segmentation.settings.stream import KafkaSettings, StreamSettings

__all__ = [
    "AttributeColumn",
    "AttributesSettings",
    "BasketsSettings",
    "CategoriesSettings",
    "CategoryLookup",
    "CategoryPattern",
    "ClusteringSettings",
    "Columns",
    "ExportSettings",
    "FeatureSettings",
    "FeaturesSettings",
    "InputSettings",
    "KafkaSettings",
    "KeyReference",
    "PrivacySettings",
    "PseudonymSettings",
    "RulesSettings",
    "Settings",
    "StreamSettings",
    "UsefulnessSettings",
    "as_commented_yaml",
    "json_schema",
    "load_settings",
    "validated",
]
