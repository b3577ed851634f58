"""Secrets, read from where a reference in the settings points; messages never contain them."""

import os
import stat
from pathlib import Path

from segmentation.errors import SettingsError
from segmentation.settings import KeyReference

MIN_KEY_BYTES = 32
"""Length of a SHA-256: a shorter key is easier to guess than the hash."""
_MIN_DISTINCT_BYTES = 8
"""32 random bytes have about 30 distinct ones, 64 hexadecimal digits about 15."""
_REMEDY = "A good one comes from: openssl rand -hex 32"


def read_secret(reference: KeyReference, where: str) -> bytes:
    """Read a key from an environment variable or a file, without a trailing line end.

    Messages name `where`, the setting that holds the reference, and neither the key nor the file's path, possibly a key by mistake.

    Raises SettingsError where there is no such variable or file, the file is accessible to everybody, or the key could be guessed.
    """
    place = "file" if reference.environment is None else "environment"
    return _strong(_secret_bytes(reference, where).removesuffix(b"\n").removesuffix(b"\r"), f"{where}.{place}")


def read_properties(reference: KeyReference, where: str) -> dict[str, str]:
    """Read Java properties, one `name=value` per line, from an environment variable or a file.

    Raises SettingsError where there is no such variable or file, the file is accessible to everybody, or a line is not a property. The
    message does not quote values.
    """
    text = _secret_bytes(reference, where).decode(errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith(("#", "!"))]
    pairs = [line.partition("=") for line in lines]
    if any(not equals for _, equals, _ in pairs):
        raise SettingsError(f"{where}: a line is not a property. Write name=value, one a line")
    return {name.strip(): value.strip() for name, _, value in pairs}


def _secret_bytes(reference: KeyReference, where: str) -> bytes:
    if reference.environment is None:
        return _content(Path(reference.file or ""), f"{where}.file")
    text = os.environ.get(reference.environment)
    if text is None:
        raise SettingsError(
            f"{where}.environment: the environment has no {reference.environment}. Set it to the key where this is run, and export it"
        )
    return os.fsencode(text)


def _content(file: Path, where: str) -> bytes:
    try:
        if file.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
            raise SettingsError(
                f"{where}: everybody may read or write the key's file. Take their right away (chmod 600), or make another key"
            )
        return file.read_bytes()
    except OSError as error:
        raise SettingsError(f"{where}: the key's file cannot be read: {error.strerror}. Check the path and who may read it") from None


def _strong(key: bytes, where: str) -> bytes:
    if not key.strip():
        raise SettingsError(f"{where}: the key is empty. {_REMEDY}")
    if len(key) < MIN_KEY_BYTES:
        raise SettingsError(f"{where}: the key has {len(key)} bytes and needs {MIN_KEY_BYTES}, or it could be guessed. {_REMEDY}")
    if len(set(key)) < _MIN_DISTINCT_BYTES:
        raise SettingsError(f"{where}: the key has only {len(set(key))} distinct bytes and could be guessed. {_REMEDY}")
    return key
