"""What a text is made of once it is read: few parts, each of which knows how it is filled in."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from app.templates.filling import Filling
from app.templates.filters import Filter
from app.templates.values import text_of

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "lteq": operator.le,
    "gt": operator.gt,
    "gteq": operator.ge,
}


class Part(Protocol):
    """A piece of the text."""

    def fill(self, filling: Filling, /) -> None:
        """Write what it is with these values."""


class Expression(Protocol):
    """What stands in `{{ }}` or behind `if`."""

    def value(self, filling: Filling, /) -> object:
        """Find out what it is with these values. Raises: InvalidInput, also where there is no value."""


@dataclass(frozen=True, slots=True)
class Text:
    """The author's own words."""

    text: str

    def fill(self, filling: Filling) -> None:
        """Write them as they are."""
        filling.write(self.text)


@dataclass(frozen=True, slots=True)
class Shown:
    """`{{ … }}`."""

    expression: Expression
    line: int
    about: str

    def fill(self, filling: Filling) -> None:
        """Write the value as words."""
        filling.step()
        try:
            text = text_of(self.expression.value(filling))
        except ValueError as error:
            raise filling.wrong(self.line, self.about, str(error)) from None
        filling.write(filling.escape(text))


@dataclass(frozen=True, slots=True)
class Choice:
    """`{% if … %}` with its `elif` and `else`."""

    branches: Sequence[tuple[Expression, Sequence[Part]]]
    otherwise: Sequence[Part]

    def fill(self, filling: Filling) -> None:
        """Fill in the first branch that holds."""
        filling.step()
        for condition, parts in self.branches:
            if condition.value(filling):
                return fill_all(parts, filling)
        return fill_all(self.otherwise, filling)


@dataclass(frozen=True, slots=True)
class Each:
    """`{% for … in … %}`: once for each entry of a list that was given, never in another."""

    variable: str
    over: Named
    parts: Sequence[Part]
    otherwise: Sequence[Part]

    def fill(self, filling: Filling) -> None:
        """Fill in the parts for each entry, or the other parts when the list is empty."""
        entries = self.over.value(filling)
        if not isinstance(entries, list | tuple):
            raise filling.wrong(self.over.line, self.over.path, "is no list")
        for entry in entries:
            filling.step()
            filling.loop = {self.variable: entry}
            fill_all(self.parts, filling)
        filling.loop = {}
        if not entries:
            fill_all(self.otherwise, filling)


@dataclass(frozen=True, slots=True)
class Constant:
    """A text, a whole number, true or false in the template itself."""

    constant: str | int

    def value(self, filling: Filling) -> object:
        """It is what it is."""
        filling.step()
        return self.constant


@dataclass(frozen=True, slots=True)
class Named:
    """A variable, or a field of one. `path` is the name under which it is declared."""

    names: Sequence[str]
    path: str
    line: int

    def value(self, filling: Filling) -> object:
        """Look it up."""
        found = self.value_or_none(filling)
        if found is None:
            raise filling.wrong(self.line, self.path, "has no value. Give it one, or ask `is defined` first")
        return found

    def value_or_none(self, filling: Filling) -> object:
        """Look it up, and find None where there is no value."""
        filling.step()
        return filling.find(self.names, self.line, self.path)


@dataclass(frozen=True, slots=True)
class Defined:
    """`… is defined`."""

    named: Named

    def value(self, filling: Filling) -> object:
        """Tell whether there is a value."""
        return self.named.value_or_none(filling) is not None


@dataclass(frozen=True, slots=True)
class Default:
    """`… | default('…')`."""

    named: Named
    otherwise: str | int

    def value(self, filling: Filling) -> object:
        """The value, or the other one."""
        found = self.named.value_or_none(filling)
        return self.otherwise if found is None else found


@dataclass(frozen=True, slots=True)
class Filtered:
    """`… | upper`."""

    expression: Expression
    filter: Filter
    arguments: Sequence[str | int]
    line: int
    about: str

    def value(self, filling: Filling) -> object:
        """Apply the filter."""
        filling.step()
        value = self.expression.value(filling)
        try:
            return self.filter.apply(value, *self.arguments)
        except ValueError as error:
            raise filling.wrong(self.line, self.about, str(error)) from None


@dataclass(frozen=True, slots=True)
class Compared:
    """`… == …` and its kin."""

    left: Expression
    compare: Callable[[Any, Any], bool]
    right: Expression
    line: int
    about: str

    def value(self, filling: Filling) -> object:
        """Compare."""
        filling.step()
        left, right = self.left.value(filling), self.right.value(filling)
        try:
            return self.compare(left, right)
        except TypeError:
            raise filling.wrong(self.line, self.about, "is compared with another kind of value") from None


@dataclass(frozen=True, slots=True)
class Not:
    """`not …`."""

    expression: Expression

    def value(self, filling: Filling) -> object:
        """Turn it around."""
        filling.step()
        return not self.expression.value(filling)


@dataclass(frozen=True, slots=True)
class Both:
    """`… and …`; with `either`, `… or …`."""

    left: Expression
    right: Expression
    either: bool = False

    def value(self, filling: Filling) -> object:
        """Ask the right one only when the left one does not decide."""
        filling.step()
        left = bool(self.left.value(filling))
        return left if left is self.either else bool(self.right.value(filling))


def fill_all(parts: Sequence[Part], filling: Filling) -> None:
    """Fill in parts one after the other."""
    for part in parts:
        part.fill(filling)
