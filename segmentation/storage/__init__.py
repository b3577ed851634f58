"""The only place that reads or writes."""

from segmentation.storage.exports import write_csv
from segmentation.storage.faults import explained
from segmentation.storage.files import exists, join, make_folder, read_text, remove, spark_path, switch, write_text
from segmentation.storage.inventory import file_stamps, read_within
from segmentation.storage.permissions import make_private_folder, written_for
from segmentation.storage.secrets import read_secret
from segmentation.storage.sources import input_bytes, read_source
from segmentation.storage.tables import read_model, read_table, write_model, write_table

__all__ = [
    "exists",
    "explained",
    "file_stamps",
    "input_bytes",
    "join",
    "make_folder",
    "make_private_folder",
    "read_model",
    "read_secret",
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
    "written_for",
]
