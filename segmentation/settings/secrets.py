"""Settings go into the manifest as they are: a path with a secret in it is refused, and not repeated."""

import re
from urllib.parse import urlsplit

UNTOLD = "what was found is not shown here"
"""What a message ends with that must not be followed by what was found."""

_SIGNED = re.compile(r"[?&](sig|signature|token|key|x-amz-signature|awsaccesskeyid)=", re.IGNORECASE)


def without_password(path: str) -> str:
    """The path itself; a fault where a password or a signature is in it."""
    try:
        has_password = urlsplit(path).password is not None
    except ValueError:
        has_password = False
    if has_password or _SIGNED.search(path):
        raise ValueError(
            "holds a password or a signature, and settings are written into each run's manifest: give it to Spark instead "
            f"(spark.hadoop.fs.…, or the machine's identity); {UNTOLD}"
        )
    return path
