"""Settings go into the manifest as they are: what looks like a secret is refused, and not repeated."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

UNTOLD = "what was found is not shown here"
"""What a message ends with that must not be followed by what was found."""

_SECRET_NAME = re.compile(
    r"secret|passw|pwd|token|credential|private.?key|(access|account|api|shared|encryption)[._-]?key|key\.list|\bsas\b", re.IGNORECASE
)
_SIGNED = re.compile(r"[?&](sig|signature|token|key|x-amz-signature|awsaccesskeyid)=", re.IGNORECASE)
_REMEDY = "Settings are written into each run's manifest: give it to Spark instead (spark.hadoop.fs.…, or the machine's identity)"


def _without_secrets(options: dict[str, str | bool | int | float]) -> dict[str, str | bool | int | float]:
    if found := sorted(name for name in options if _SECRET_NAME.search(name)):
        raise ValueError(f"{', '.join(found)}: looks like a secret. {_REMEDY}; {UNTOLD}")
    return options


def without_password(path: str) -> str:
    """A path, a glob or a table's name, as it is; a fault where it holds a password."""
    try:
        has_password = urlsplit(path).password is not None
    except ValueError:
        has_password = False
    if has_password or _SIGNED.search(path):
        raise ValueError(f"holds a password or a signature. {_REMEDY}; {UNTOLD}")
    return path


Options = Annotated[dict[str, str | bool | int | float], AfterValidator(_without_secrets)]
"""Options of Spark's readers, none of them a secret."""
