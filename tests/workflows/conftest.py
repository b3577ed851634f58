"""One generated log, segmented once, for all tests that only look at what came out."""

from datetime import UTC, datetime

import pytest

from segmentation.settings import load_settings
from segmentation.workflows.segment import segment


@pytest.fixture(scope="session")
def settings_for(retailer):
    """The demo's settings on the generated log, with fewer numbers of segments and seeds to try."""

    def made(output, **values):
        fewer = {"clustering.max_segments": 6, "clustering.restarts": 2, "clustering.max_iterations": 10}
        places = {"input.path": str(retailer / "transactions"), "output.path": str(output)}
        return load_settings("conf/demo.yaml", values={**fewer, **places, **values})

    return made


@pytest.fixture(scope="session")
def published(spark, settings_for, tmp_path_factory):
    """A published run and the root it was published under."""
    root = tmp_path_factory.mktemp("published")
    outcome = segment(spark, settings_for(root), datetime(2026, 1, 1, tzinfo=UTC))
    return outcome, root
