"""Actions: what to do about each segment."""

from segmentation.analyses.analysis import Analysis, Result
from segmentation.context import RunContext
from segmentation.fitted.segments import FittedSegments
from segmentation.profiling.actions import segment_actions
from segmentation.publish.tables import Column, RowCount, TableSpec
from segmentation.report.formats import plain
from segmentation.report.labels import segment_labels
from segmentation.report.palette import segment_colour
from segmentation.report.report_data import ReportData, records
from segmentation.report.section import CardPart, Paragraph, Section, Template
from segmentation.schemas import INT, MONEY, SEGMENT_ID, SEGMENT_NAME, STRING

_LABELS = {"goal": "Goal", "offer": "Offer", "channel": "Channel", "timing": "When", "caution": "Caution", "reason": "Reason"}


def actions_section(data: ReportData) -> Section:
    """One card for each segment, and one line for its card among the segments."""
    labels = segment_labels(data.summary)
    actions = {row["segment_id"]: row for row in records(data.table("segment_actions"))}
    cards = [
        {
            "number": segment,
            "name": name,
            "colour": segment_colour(position),
            "action": [(label, str(actions[segment][column])) for column, label in _LABELS.items()],
        }
        for position, (segment, name) in enumerate(labels.items())
    ]
    return Section(
        anchor="actions",
        title="What to do about each",
        navigation="What to do",
        blocks=(
            Paragraph(
                "Each segment is named by what its customers are worth and how long they have been away, compared with all others; the "
                "advice follows from these two. It is a start, not a promise: hold a random control group out of every campaign, and "
                "compare."
            ),
            Template("analyses/actions/cards.html.j2", {"cards": cards}),
        ),
        card_parts={
            ("segments", segment): CardPart("What to do", (plain(f"{row['goal']}: {row['offer']}") + ".",))
            for segment, row in actions.items()
        },
    )


SEGMENT_ACTIONS = TableSpec(
    name="segment_actions",
    grain="One row for each segment: what to do about it.",
    columns=(
        Column(SEGMENT_ID, INT, "Segment."),
        Column(SEGMENT_NAME, STRING, "Its name."),
        Column("goal", STRING, "What to achieve."),
        Column("offer", STRING, "With what."),
        Column("channel", STRING, "By which way."),
        Column("timing", STRING, "When."),
        Column("caution", STRING, "What to avoid."),
        Column("reason", STRING, "The figures that justify it."),
        Column("revenue_at_stake", MONEY, "The segment's revenue_net."),
    ),
    key=(SEGMENT_ID,),
    checks=(RowCount("segments"),),
    published="where there is a transaction log: no action follows from attributes alone",
    notes="An action follows from the same two facts as the name: what customers are worth, and how long they have been away.",
)


class Actions(Analysis):
    """A marketing action for each segment, by what its customers are worth and how long they have been away."""

    name = "actions"
    tables = (SEGMENT_ACTIONS,)

    def compute(self, context: RunContext, segments: FittedSegments) -> Result | None:
        """Nothing without purchases."""
        if not segments.source.has_purchases:
            return None
        currency = context.settings.report.currency
        exact, published = (segment_actions(rows, segments.namings, currency) for rows in (segments.summary, segments.published_summary))
        return Result({SEGMENT_ACTIONS.name: exact}, details=published)

    def suppress(self, result: Result, min_group_size: int) -> Result:
        """Reasons that mention published figures only."""
        return result.with_tables(segment_actions=result.details)

    def section(self, result: Result, data: ReportData) -> Section:
        """A card for each segment."""
        return actions_section(data)
