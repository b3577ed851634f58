"""Secrets: read from where a reference points, told to nobody."""

import os
import stat
from pathlib import Path

from segmentation.errors import SettingsError
from segmentation.settings import KeyReference

LEAST_BYTES = 32
"""As long as what SHA-256 gives: a shorter key is easier to guess than the hash."""
_LEAST_DIFFERENT = 8
"""Of 32 random bytes some 30 differ, of 64 hexadecimal digits some 15."""


def read_secret(reference: KeyReference, where: str) -> bytes:
    """A key, as it stands in an environment variable or a file, without a line's end behind it.

    Parameters
    ----------
    reference
        Where it is.
    where
        The place in the settings that says so, for messages. These repeat neither the key nor the file's path, which may be one by mistake.

    Raises
    ------
    SettingsError
        No such variable or file, a file open to everybody, or a key that could be guessed.
    """
    place = "file" if reference.environment is None else "environment"
    return _strong(_found(reference, where).removesuffix(b"\n").removesuffix(b"\r"), f"{where}.{place}")


def read_properties(reference: KeyReference, where: str) -> dict[str, str]:
    """Java properties, `name=value` a line, as they stand in an environment variable or a file.

    Parameters
    ----------
    reference, where
        As of `read_secret`.

    Raises
    ------
    SettingsError
        No such variable or file, a file open to everybody, or a line that is no property. Values are not repeated.
    """
    text = _found(reference, where).decode(errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith(("#", "!"))]
    pairs = [line.partition("=") for line in lines]
    if any(not equals for _, equals, _ in pairs):
        raise SettingsError(f"{where}: a line is no property. Write name=value, one a line")
    return {name.strip(): value.strip() for name, _, value in pairs}


def _found(reference: KeyReference, where: str) -> bytes:
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
    if len(key) < LEAST_BYTES:
        raise SettingsError(f"{where}: the key has {len(key)} bytes and needs {LEAST_BYTES}, or it could be guessed. {_REMEDY}")
    if len(set(key)) < _LEAST_DIFFERENT:
        raise SettingsError(f"{where}: the key repeats {len(set(key))} different bytes and could be guessed. {_REMEDY}")
    return key


_REMEDY = "A good one comes from: openssl rand -hex 32"
