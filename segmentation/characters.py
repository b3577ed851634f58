"""Invisible Unicode characters that change how others are displayed or read: controls, text direction, line ends."""

from unicodedata import category

_INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Unicode categories: control, format (which includes text direction), lone surrogate, line and paragraph separator."""


def is_visible(character: str) -> bool:
    """Whether a character only displays itself: a letter, a digit, a symbol or a blank."""
    return category(character) not in _INVISIBLE
