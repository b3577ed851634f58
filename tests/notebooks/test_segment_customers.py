"""The notebook runs from top to bottom, as a reader would run it."""

import ast
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "segment_customers.ipynb"
FORBIDDEN_ON_SERVERLESS = r"\.rdd\b|sparkContext|_jvm|\.cache\(\)|\.persist\("


@pytest.fixture(scope="module")
def cells():
    return [cell.source for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == "code"]


def test_it_is_stored_without_outputs():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert [cell for cell in notebook.cells if cell.cell_type == "code" and (cell.outputs or cell.execution_count)] == []


def test_it_takes_the_session_it_is_given_and_reaches_into_none(cells):
    assert len(cells) >= 10
    assert any('globals().get("spark")' in cell for cell in cells)
    assert [cell for cell in cells if re.search(FORBIDDEN_ON_SERVERLESS, cell)] == []
    assert all(ast.parse(cell) for cell in cells)


@pytest.mark.slow
def test_it_runs_from_top_to_bottom(tmp_path):
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    pictures = [o for cell in notebook.cells if cell.cell_type == "code" for o in cell.outputs if "image/png" in o.get("data", {})]
    assert len(pictures) >= 3
    assert (tmp_path / "output" / "notebook" / "segments" / "current" / "report.html").is_file()
