"""One batch of a stream into the live tables: rejected lines, orders, and the segments of the customers touched.

Every step can be made again: a batch that was cut off is handed over again with the same lines, and comes to the same.
"""

import json
import logging
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from uuid import uuid4

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from segmentation import storage
from segmentation.ingest.accounting import Tally
from segmentation.ingest.categories import Category
from segmentation.ingest.live import (
    BATCH,
    ORDER_KEY,
    ROW_KEY,
    VOIDED_BEFORE,
    changed_orders,
    late_before,
    line_key,
    only_those,
    settled_orders,
    to_keep,
    with_line_texts,
    with_repeated,
    without_those,
)
from segmentation.ingest.nights import added_up, rematched
from segmentation.ingest.orders import to_orders
from segmentation.ingest.rules import IS_REJECTED, rejected_lines
from segmentation.privacy.pseudonyms import with_pseudonyms
from segmentation.progress import Journal
from segmentation.publish.run import Run
from segmentation.schemas import CUSTOMER_ID, LATE_BEFORE, LINE_KEY, MESSAGE, ORDERED_AT, STRING, VOIDED_AT
from segmentation.settings import Settings
from segmentation.workflows.ingestion import categorised_lines, counting_lines, judged
from segmentation.workflows.job import Job
from segmentation.workflows.mapping import keep_mapping
from segmentation.workflows.pseudonyms import pseudonyms_of
