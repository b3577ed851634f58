"""The only place that reads or writes."""

from segmentation.storage.exports import write_csv
from segmentation.storage.faults import explained
from segmentation.storage.files import exists, join, make_folder, read_text, remove, spark_path, switch, write_text
from segmentation.storage.inventory import file_stamps, read_within
from segmentation.storage.source import input_bytes
from segmentation.storage.sources import read_source
from segmentation.storage.tables import read_model, read_table, write_model, write_table

__all__ = [
    "exists",
    "explained",
    "file_stamps",
    "input_bytes",
    "join",
    "make_folder",
    "read_model",
    "read_source",
    "read_table",
    "read_text",
    "read_within",
    "remove",
    "spark_path",
    "switch",
    "write_csv",
    "write_model",
    "write_table",
    "write_text",
]
