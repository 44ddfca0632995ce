"""What people typed into forms, as the values that they meant."""

from __future__ import annotations

import re
from typing import Final

NUMBER: Final = re.compile(r"[0-9]{1,9}")


def whole_number(text: str) -> int | None:
    """A whole number; None where none was typed, or one that nothing here can reach."""
    return int(text) if NUMBER.fullmatch(text) else None
