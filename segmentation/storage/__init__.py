"""The only place that reads or writes."""

from segmentation.storage.checksums import FileSum, file_sums, text_sum
from segmentation.storage.delta_log import write_log
from segmentation.storage.exports import write_csv
from segmentation.storage.faults import explained, taking_back
from segmentation.storage.files import (
    ASIDE,
    exists,
    join,
    make_folder,
    make_new_folder,
    names_in,
    pointer_text,
    read_text,
    remove,
    spark_path,
    switch,
    write_text,
)
from segmentation.storage.folders import DELTA_LOG, copy_file, fetch_file, files_under, has_log, text_lines
from segmentation.storage.inventory import file_stamps, read_within
from segmentation.storage.live import IS_GONE, append_once, check_delta, is_live, live_table, merge, read_live, sweep_old_files, take_out
from segmentation.storage.locks import locked
from segmentation.storage.people import read_ids, read_lines
from segmentation.storage.permissions import make_private_folder, written_for
from segmentation.storage.process import is_alive, this_process, user
from segmentation.storage.rows import is_of_rows, read_arrow, read_rows, write_rows
from segmentation.storage.secrets import read_secret
from segmentation.storage.source import input_bytes
from segmentation.storage.sources import read_source
from segmentation.storage.streams import Pace, follow, read_stream
from segmentation.storage.tables import parquet_rows, read_model, read_table, write_model, write_table

__all__ = [
    "ASIDE",
    "DELTA_LOG",
    "IS_GONE",
    "FileSum",
    "Pace",
    "append_once",
    "check_delta",
    "copy_file",
    "exists",
    "explained",
    "fetch_file",
    "file_stamps",
    "file_sums",
    "files_under",
    "follow",
    "has_log",
    "input_bytes",
    "is_alive",
    "is_live",
    "is_of_rows",
    "join",
    "live_table",
    "locked",
    "make_folder",
    "make_new_folder",
    "make_private_folder",
    "merge",
    "names_in",
    "parquet_rows",
    "pointer_text",
    "read_arrow",
    "read_ids",
    "read_lines",
    "read_live",
    "read_model",
    "read_rows",
    "read_secret",
    "read_source",
    "read_stream",
    "read_table",
    "read_text",
    "read_within",
    "remove",
    "spark_path",
    "sweep_old_files",
    "switch",
    "take_out",
    "taking_back",
    "text_lines",
    "text_sum",
    "this_process",
    "user",
    "write_csv",
    "write_log",
    "write_model",
    "write_rows",
    "write_table",
    "write_text",
    "written_for",
]
