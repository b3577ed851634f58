"""What to do about each segment."""

from segmentation.report.formats import plain
from segmentation.report.labels import segment_labels
from segmentation.report.palette import segment_colour
from segmentation.report.report_data import ReportData, records
from segmentation.report.section import CardPart, Paragraph, Section, Template

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
