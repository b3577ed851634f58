"""Characters that cannot be seen, but change how others are: controls, directions, ends of lines."""

from unicodedata import category

_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Unicode's categories of control, format (which direction is among), lone surrogate, line and paragraph end."""


def is_seen(letter: str) -> bool:
    """Whether a character only shows itself: a letter, a sign or a blank."""
    return category(letter) not in _UNSEEN
