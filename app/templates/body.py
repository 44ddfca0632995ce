"""A text with variables: read once, agreed with what is known, filled in as often as needed."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from app.templates import complaints, escaping, parts
from app.templates.filling import Filling
from app.templates.grammar import Grammar
from app.templates.rules import LARGEST_TEMPLATE, LONGEST_SUBJECT
from app.templates.syntax import parse
from app.templates.values import is_blank

# PostgreSQL refuses U+0000, half a surrogate pair is no character, and the rest no editor shows.
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Body:
    """What has been read. `uses` has the variables, each with the first line that uses it."""

    source: str
    uses: Mapping[str, int]
    optional: Collection[str]
    _parts: Sequence[parts.Part] = field(repr=False)

    @classmethod
    def parse(cls, text: str, source: str, first_line: int = 1) -> Self:
        """Read a text.

        Raises: InvalidInput that names `source`, the line and the remedy.
        """
        if len(text) > LARGEST_TEMPLATE:
            raise complaints.wrong(source, None, f"Write at most {LARGEST_TEMPLATE:,} characters.")
        if found := UNWRITABLE.search(text):
            line = first_line + text.count("\n", 0, found.start())
            raise complaints.wrong(source, line, "It holds characters that cannot be stored. Remove them.")
        grammar = Grammar(source, first_line)
        read = grammar.statements(parse(text, source, first_line).body)
        return cls(source, grammar.uses, frozenset(grammar.optional), read)

    def agree(self, known: Collection[str], remedy: str) -> None:
        """Compare with what is known; `remedy` is what an unknown variable is not, such as declared.

        Raises: InvalidInput that names it, its line, and the nearest known one.
        """
        for name, line in self.uses.items():
            if name not in known:
                nearest = complaints.nearest(name, known)
                raise complaints.wrong(self.source, line, f"`{name}` is not {remedy}. {nearest}", name=name)

    def fill(self, values: Mapping[str, object]) -> str:
        """Fill in Markdown.

        Raises: InvalidInput that names the source and the variable when one has no value, or one that no
            text can hold; when the text becomes too long.
        """
        return self._filled(values, escaping.in_markdown).strip() + "\n"

    def fill_line(self, values: Mapping[str, object]) -> str:
        """Fill in plain words on one line, such as a subject. Raises: InvalidInput, as `fill` does."""
        line = escaping.words(self._filled(values, escaping.words))
        if len(line) > LONGEST_SUBJECT:
            raise complaints.wrong(
                self.source, None, f"The subject has more than {LONGEST_SUBJECT} characters."
            )
        return line

    def _filled(self, values: Mapping[str, object], escape: Callable[[str], str]) -> str:
        self._demand(values)
        filling = Filling(self.source, values, escape)
        parts.fill_all(self._parts, filling)
        return filling.text

    def _demand(self, values: Mapping[str, object]) -> None:
        """All that is missing at once, so that nobody fills in a form five times."""
        required = [name for name in self.uses if name not in self.optional]
        missing = [name for name in required if _is_missing(values, name)]
        if missing:
            has = "has" if len(missing) == 1 else "have"
            complaint = f"{complaints.quoted(missing)} {has} no value. Fill in what is missing."
            raise complaints.wrong(self.source, self.uses[missing[0]], complaint, name=missing[0])


def check(text: str, *, known: Collection[str], source: str = "The text") -> Body:
    """Read a text that somebody edited, whose variables must be among the `known`.

    Raises: InvalidInput that names the line, the variable and the nearest known one.
    """
    body = Body.parse(text, source)
    body.agree(known, "known")
    return body


def _is_missing(values: Mapping[str, object], path: str) -> bool:
    found: object = values
    for name in path.split("."):
        if not isinstance(found, Mapping):
            return False  # filling says what is wrong with it
        found = found.get(name)
    return is_blank(found)
