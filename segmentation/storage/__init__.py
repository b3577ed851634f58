"""All reading and writing of files, tables and streams."""

from segmentation.storage.checksums import FileChecksum, file_checksums, text_sha256
from segmentation.storage.customer_lists import read_customer_ids
from segmentation.storage.delta_log import write_delta_log
from segmentation.storage.delta_tables import (
    IS_DELETED,
    append_idempotent,
    delete_rows,
    load_or_create_delta,
    merge_rows,
    read_delta,
    require_delta,
    vacuum,
)
from segmentation.storage.error_translation import cleanup_on_error, translate_error
from segmentation.storage.files import (
    TEMP_SUFFIX,
    copy_file,
    download_file,
    exists,
    iter_text_lines,
    join,
    list_files,
    list_names,
    make_folder,
    make_new_folder,
    read_text,
    remove,
    spark_path,
    write_text,
)
from segmentation.storage.locks import exclusive_lock
from segmentation.storage.permissions import make_private_folder, output_permissions
from segmentation.storage.pointer import pointer_json, switch_current
from segmentation.storage.process import current_process, current_user, is_process_alive
from segmentation.storage.secrets import read_secret
from segmentation.storage.source_files import file_versions, input_bytes, rows_from_files
from segmentation.storage.source_reader import read_source
from segmentation.storage.streams import StreamTrigger, read_stream, start_stream
from segmentation.storage.tables import (
    DELTA_LOG,
    count_rows,
    is_delta_table,
    is_single_file_table,
    read_arrow_table,
    read_model,
    read_rows,
    read_table,
    read_text_rows,
    small_frame,
    write_csv,
    write_model,
    write_rows,
    write_table,
)

__all__ = [
    "DELTA_LOG",
    "IS_DELETED",
    "TEMP_SUFFIX",
    "FileChecksum",
    "StreamTrigger",
    "append_idempotent",
    "cleanup_on_error",
    "copy_file",
    "count_rows",
    "current_process",
    "current_user",
    "delete_rows",
    "download_file",
    "exclusive_lock",
    "exists",
    "file_checksums",
    "file_versions",
    "input_bytes",
    "is_delta_table",
    "is_process_alive",
    "is_single_file_table",
    "iter_text_lines",
    "join",
    "list_files",
    "list_names",
    "load_or_create_delta",
    "make_folder",
    "make_new_folder",
    "make_private_folder",
    "merge_rows",
    "output_permissions",
    "pointer_json",
    "read_arrow_table",
    "read_customer_ids",
    "read_delta",
    "read_model",
    "read_rows",
    "read_secret",
    "read_source",
    "read_stream",
    "read_table",
    "read_text",
    "read_text_rows",
    "remove",
    "require_delta",
    "rows_from_files",
    "small_frame",
    "spark_path",
    "start_stream",
    "switch_current",
    "text_sha256",
    "translate_error",
    "vacuum",
    "write_csv",
    "write_delta_log",
    "write_model",
    "write_rows",
    "write_table",
    "write_text",
]
