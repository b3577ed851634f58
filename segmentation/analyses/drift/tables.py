"""Tables of the drift of features."""

from segmentation.publish.tables import Column, TableSpec
from segmentation.schemas import AS_OF, DATE, DOUBLE, INT, RUN_ID, SEGMENT_ID, STRING

_REFERENCE = Column(
    "reference",
    STRING,
    "last (the published run before), season (that of the year before), fit (the run that fitted the model, where it is neither this "
    "one nor last).",
)
_REFERENCE_RUN_ID = Column("reference_run_id", STRING, "The run that this one is compared with.")
_PSI = Column("psi", DOUBLE, "Population stability index: 0 without any shift, above 0.25 a major one by convention.")
_PSI_NULL = Column("psi_null_p999", DOUBLE, "0.999 quantile of the index for so many customers if nothing has changed.")
_VERDICT = Column("verdict", STRING, "stable, moderate or major.")
_AFTER_ANOTHER_RUN = "after another run"


def _quantile(level: str, side: str) -> Column:
    run = "the reference" if side == "reference" else "this run"
    doc = f"{level[1:]}th percentile in {run}, in the feature's unit; null where it rests on too few customers, or none has a value."
    return Column(f"{level}_{side}", DOUBLE, doc, nullable=True)


DRIFT = TableSpec(
    name="drift",
    grain="One row for each reference, segment (or all customers) and feature of customer_features.",
    columns=(
        _REFERENCE,
        _REFERENCE_RUN_ID,
        Column(SEGMENT_ID, INT, "A segment that exists in both runs; null for all customers.", nullable=True),
        Column("feature", STRING, "The feature."),
        _PSI,
        _PSI_NULL,
        *(_quantile(level, side) for level in ("p10", "p50", "p90") for side in ("reference", "current")),
        _VERDICT,
    ),
    key=("reference", SEGMENT_ID, "feature"),
    published=_AFTER_ANOTHER_RUN,
    notes="How far features have moved: [monitoring.md](monitoring.md#features-the-population-stability-index).",
)
DRIFT_TREND = TableSpec(
    name="drift_trend",
    grain="One row for each run, reference and feature: the table drift of every run for all customers, without its quantiles.",
    columns=(
        Column(RUN_ID, STRING, "The run."),
        Column(AS_OF, DATE, "The day that it describes."),
        _REFERENCE,
        _REFERENCE_RUN_ID,
        Column("feature", STRING, "The feature."),
        _PSI,
        _PSI_NULL,
        _VERDICT,
    ),
    key=(RUN_ID, "reference", "feature"),
    published=_AFTER_ANOTHER_RUN,
    notes="A run for a day that was described before replaces the rows of that day and of all later ones.",
)
