"""Tables of what was read, and what was left out."""

from pyspark.sql import types as T

from segmentation.publish.tables import Column, Complement, RowCount, TableSpec
from segmentation.schemas import BIGINT, CUSTOMER_ID, LINE_AMOUNT, MONEY, STRING

_WITH_LOG = "where there is a transaction log"

REJECTED_LINES = TableSpec(
    name="rejected_lines",
    grain="One row for each line of the log that does not count.",
    columns=(
        Column("reasons", T.ArrayType(STRING, containsNull=False), "All reasons, in the order of the list below."),
        Column(CUSTOMER_ID, STRING, "Canonical id; null for a guest, or where it is unreadable.", nullable=True),
        Column(LINE_AMOUNT, MONEY, "Signed amount; null where it cannot be read.", nullable=True),
        Column("record", STRING, "The whole text of a record that does not fit the header (CSV, JSON).", nullable=True, optional=True),
        Column("<mapped column>", STRING, "Every mapped column as in the log, such as order_id and product_id.", nullable=True),
    ),
    checks=(RowCount("rejected_lines"),),
    published=_WITH_LOG,
    notes="""\
| reason | when |
| --- | --- |
| erased | of somebody who was erased ([privacy.md](privacy.md#erasure)); nothing of the line remains but its amount |
| unreadable_record | the record has more or fewer fields than the header, or is not one JSON object |
| unreadable_id | the id of customer, order or product has bytes that are not of the encoding, or control characters; a customer's is null then |
| guest | no customer id |
| missing_date, unreadable_date | and likewise `quantity`, `price`, `amount`; a date before the year 1 or after 9999 is unreadable |
| zero_quantity, zero_amount | |
| price_not_above_zero | |
| discount_above_price | a discount takes the whole line away, or more |
| unreadable_discount | |
| amount_too_large | above a billion of the currency |
| amount_too_small | less than half a ten-thousandth of the currency |
| outside_window | before `rules.history_start`, or on `features.as_of` or later |
| not_a_product | a code of `rules.excluded_products` |
| exact_duplicate | equal in every mapped column to a line that counts; only where `rules.exact_duplicates` is reject |
| repeated_line, too_late | only in a stream's `live/rejected_lines`: a line of this name was accepted before; it came later than `stream.max_lateness_days` ([streaming.md](streaming.md)) |""",
)
UNSEGMENTED_CUSTOMERS = TableSpec(
    name="unsegmented_customers",
    grain="One row for each customer of the log, or of a customer table alone, that is in no segment.",
    columns=(
        Column(CUSTOMER_ID, STRING, "Canonical id, or pseudonym."),
        Column(
            "reason",
            STRING,
            "only_rejected_lines, only_voided_lines, or no_purchase (accepted lines, but no order with a positive net); of a customer table "
            "alone no_attributes (no value of any attribute that customers are compared by).",
        ),
    ),
    key=(CUSTOMER_ID,),
    checks=(RowCount("unsegmented"), Complement("customer_segments")),
)
ACCOUNTING = TableSpec(
    name="accounting",
    grain="One row for each subject, outcome and reason. A run is published only if it adds up.",
    columns=(
        Column("subject", STRING, "lines, customers, or attribute_rows (rows of the customer table)."),
        Column(
            "outcome",
            STRING,
            "lines: read, accepted, rejected, voided; customers: seen, segmented, unsegmented; attribute_rows: read, used, merged (further "
            "rows of a customer), unmatched (of customers that the log does not know), rejected.",
        ),
        Column(
            "reason",
            STRING,
            "Why rejected or unsegmented; purchase or return for accepted and voided lines; null for totals.",
            nullable=True,
        ),
        Column("count", BIGINT, "Each line under its first reason, so that read = accepted + rejected + voided.", suppressible=True),
        Column("count_any_reason", BIGINT, "Lines that have the reason at all.", suppressible=True),
        Column("amount", MONEY, "Signed amount of the lines counted; null for customers.", nullable=True),
    ),
    key=("subject", "outcome", "reason"),
)
