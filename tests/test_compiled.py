"""What is computed of every line and customer is compiled.

Functions that take a function (filter, transform, zip_with) are run by Spark expression by expression, and each element looks up the
session's settings again: spelt out, distances and silhouettes took half as long, and bins of features an eighth.
"""

import re
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "segmentation"
TAKES_A_FUNCTION = re.compile(
    r"\bF\.(filter|transform|zip_with|aggregate|reduce|exists|forall|array_compact|map_filter|map_zip_with|transform_keys|transform_values)\("
)
WHERE_IT_MAY = {
    "privacy/id_matching.py": "names of people are looked for in texts only when somebody is erased",
    "privacy/pseudonyms.py": "the key is one row",
}


def test_functions_that_take_a_function_are_called_only_where_data_is_small():
    texts = {path.relative_to(PACKAGE).as_posix(): path.read_text() for path in PACKAGE.rglob("*.py")}
    assert len(texts) > 100
    assert {name for name, text in texts.items() if TAKES_A_FUNCTION.search(text)} == set(WHERE_IT_MAY)
