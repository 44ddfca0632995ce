"""What people typed into forms, as the values that they meant."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

NUMBER: Final = re.compile(r"[0-9]{1,9}")
MINUTES: Final = re.compile(r"[0-9]{1,4}([.][0-9]{1,2})?")


def whole_number(text: str) -> int | None:
    """A whole number; None where none was typed, or one that nothing here can reach."""
    return int(text) if NUMBER.fullmatch(text) else None


def minutes(text: str) -> timedelta | None:
    """Some minutes, such as 5 or 2.5; None where none were typed."""
    return timedelta(minutes=float(text)) if MINUTES.fullmatch(text.strip()) else None
