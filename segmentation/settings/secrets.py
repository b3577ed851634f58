"""Settings are written to the manifest as they are, so what looks like a secret is refused, and not repeated."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

NOT_SHOWN = "what was found is not shown here"
"""End of a message that must not be followed by what was found."""

_SECRET_NAME = re.compile(
    r"secret|passw|pwd|token|credential|private.?key|(access|account|api|shared|encryption)[._-]?key|key\.list|\bsas\b", re.IGNORECASE
)
_SIGNED = re.compile(r"[?&](sig|signature|token|key|x-amz-signature|awsaccesskeyid)=", re.IGNORECASE)
_REMEDY = "Settings are written into each run's manifest: give it to Spark instead (spark.hadoop.fs.…, or the machine's identity)"


def _reject_secrets(options: dict[str, str | bool | int | float]) -> dict[str, str | bool | int | float]:
    if names := sorted(name for name in options if _SECRET_NAME.search(name)):
        raise ValueError(f"{', '.join(names)}: looks like a secret. {_REMEDY}; {NOT_SHOWN}")
    return options


def reject_password(path: str) -> str:
    """A path, a glob or a table's name as it is; an error where it holds a password."""
    try:
        has_password = urlsplit(path).password is not None
    except ValueError:
        has_password = False
    if has_password or _SIGNED.search(path):
        raise ValueError(f"holds a password or a signature. {_REMEDY}; {NOT_SHOWN}")
    return path


Options = Annotated[dict[str, str | bool | int | float], AfterValidator(_reject_secrets)]
"""Options of Spark's readers, none of them a secret."""
