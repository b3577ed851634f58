"""Files that come one after the other leave the tables that a run on all of them does."""

import shutil

import pytest

from stream.following import NONE, difference, live, published
from stream.shop import as_sent, settings_file, write_files

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def sent(shop, streams, tmp_path_factory):
    """A stream over three files of days, shuffled, with lines sent twice; and where it wrote."""
    folder = tmp_path_factory.mktemp("files")
    root = shutil.copytree(shop.output, folder / "output", symlinks=True)
    write_files(folder / "log", as_sent(shop.days), 3)
    code, said = streams.drained(settings_file(folder, folder / "log", root), root)
    assert code == 0, said
    return root, said


def test_orders_are_those_of_the_batch(sent):
    root, _ = sent
    assert difference(live(root, "orders"), published(root, "orders")) == NONE


def test_segments_are_those_of_the_batch_to_the_last_bit(sent):
    root, _ = sent
    assert difference(live(root, "customer_segments"), published(root, "customer_segments")) == NONE
