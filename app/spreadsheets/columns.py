"""What a column holds. The kind decides how a cell is written and whether it is guarded, not the cell."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What the cells of a column are."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    TIME = "time"
    DATE = "date"
    MONEY = "money"
    BOOLEAN = "boolean"


class Money(NamedTuple):
    """An amount in minor units, and how many decimal digits its currency has."""

    minor: int
    digits: int


@dataclass(frozen=True, slots=True)
class Column:
    """A column. One of money becomes two: `amount`, an exact decimal, and `amount_minor`, an integer."""

    name: str
    kind: Kind

    @property
    def headings(self) -> tuple[str, ...]:
        """What the header calls it."""
        return (self.name, f"{self.name}_minor") if self.kind is Kind.MONEY else (self.name,)
