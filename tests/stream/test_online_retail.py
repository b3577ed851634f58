"""A real retailer's year as a stream: in order, shuffled within its days, and with lines sent twice, as the batch, exactly."""

import csv
import gzip
import os
import random
import shutil
from datetime import UTC, datetime

import pytest

from segmentation.pipeline.run import segment
from segmentation.settings import load_settings
from stream.following import NONE, difference, drained, live, published
from stream.shop import row_of

pytestmark = [pytest.mark.exhaustive, pytest.mark.timeout(7200)]

CONFIG = "conf/online_retail.yaml"
LINE_ID = "LineId"
QUICK = {
    "baskets.use": False,
    "backtest.cutoff": None,
    "clustering.k": 5,
    "clustering.k_max": 5,
    "clustering.n_init": 1,
    "clustering.n_bootstrap": 2,
    "clustering.n_references": 2,
}
WAYS = {"in order": (False, 0.0), "shuffled": (True, 0.0), "shuffled, and some sent twice": (True, 0.05)}


@pytest.fixture(scope="module")
def batch(spark, real_data, tmp_path_factory):
    """An output with a run published on the whole year."""
    root = tmp_path_factory.mktemp("year")
    places = {"input.path": str(real_data / "online_retail"), "output.path": str(root)}
    settings = load_settings(CONFIG, [f"{key}={'null' if value is None else value}" for key, value in QUICK.items()], places)
    segment(spark, settings, datetime(2026, 1, 1, tzinfo=UTC))
    return root


def replay(log, folder, files, shuffled, twice):
    """The year's days in so many files, each line with a name of its own; some lines a second time, that day or the next."""
    folder.mkdir()
    days, drawn, again = sorted(log.glob("*.csv.gz")), random.Random(3), []
    for number in range(files):
        rows = []
        for day in days[number * len(days) // files : (number + 1) * len(days) // files]:
            with gzip.open(day, "rt", encoding="utf-8", newline="") as opened:
                header, *lines = csv.reader(opened)
            named = [[*line, f"{day.name[:10]}-{place}"] for place, line in enumerate(lines)]
            doubled = [line for line in named if drawn.random() < twice]
            messages = [*named, *doubled[::2], *again]
            again = doubled[1::2]
            if shuffled:
                drawn.shuffle(messages)
            rows += messages
        path = folder / f"{number:03d}.csv"
        path.write_text("\n".join(map(row_of, [[*header, LINE_ID], *rows])) + "\n", encoding="utf-8")
        os.utime(path, (1_767_000_000 + number, 1_767_000_000 + number))


def streamed(batch, log, folder, files, way):
    """Where a stream over the year has written, and what it said."""
    root = shutil.copytree(batch, folder / "output", symlinks=True)
    replay(log, folder / "log", files, *WAYS[way])
    values = {"input.path": folder / "log", "stream.line_id": f"[{LINE_ID}]", "stream.max_files_per_trigger": 1}
    code, said = drained(CONFIG, root, *(part for key, value in values.items() for part in ("--set", f"{key}={value}")), seconds=7000)
    assert code == 0, said
    print(said)
    return root


def assert_as_batch(root):
    for table in ("orders", "customer_segments"):
        assert difference(live(root, table), published(root, table)) == NONE


def test_a_year_in_six_parts_shuffled_and_with_lines_sent_twice_is_the_batchs(batch, real_data, tmp_path):
    assert_as_batch(streamed(batch, real_data / "online_retail", tmp_path, 6, "shuffled, and some sent twice"))


@pytest.mark.parametrize("way", WAYS)
def test_a_year_day_by_day_is_the_batchs(batch, real_data, tmp_path, way):
    assert_as_batch(streamed(batch, real_data / "online_retail", tmp_path, 305, way))
