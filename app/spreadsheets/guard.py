"""The guard against formulas: an apostrophe before what a spreadsheet would calculate makes it text.

OWASP names = + - @, tab and carriage return; ASVS adds NUL; East Asian editions of Excel take the full-width
forms of the four. We add line feed and the other controls, which readers skip or strip, and look through what
is invisible or stripped before them: blanks, byte order marks, zero-width and direction marks, and quotes.
The apostrophe is among the quotes: so one guard more is always one apostrophe more, and none is ambiguous.

The pattern is ASCII and means the same to Python and to PostgreSQL.
"""

from __future__ import annotations

import re

MARK = "'"
_LOOKED_THROUGH = (
    r"\u0020\u0022\u0027\u00a0\u00ad\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u2069\u3000\ufeff"
)
_CALCULATES = r"\u002b\u002d\u003d\u0040\uff0b\uff0d\uff1d\uff20"
_CONTROLS = r"\u0001-\u001f\u007f\ufffd"  # the last stands where NUL was, which PostgreSQL cannot hold
PATTERN = f"^[{_LOOKED_THROUGH}]*[{_CALCULATES}{_CONTROLS}]"

_FORMULA = re.compile(PATTERN)


def guarded(text: str) -> str:
    """Put the mark before a text that a spreadsheet might calculate."""
    return MARK + text if _FORMULA.match(text) else text
