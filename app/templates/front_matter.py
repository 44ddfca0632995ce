"""What stands between two lines of dashes at the top of a template: `key: value`, and nothing else of YAML.

YAML reads `no` as false and `1e3` as a number. A template needs neither, nor another dependency.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from app.templates import complaints
from app.templates.words import Audience, PublicStatus

FENCE = "---"
VARIABLES = "variables"
KEYS = ("audience", "status", "subject", VARIABLES)
REQUIRED = ("audience", "status")

_ENTRY = re.compile(r"(  )?([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*):(?: +(\S.*?))? *")
_OF_YAML = ('"', "'", "|", ">", "#", "[", "&", "*", "!")

Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Entry:
    """A value and the line of its file on which it stands."""

    value: str
    line: int


@dataclass(slots=True)
class FrontMatter:
    """The keys, the declared variables with their descriptions, and the text below, from `first_line` on."""

    source: str
    body: str = ""
    first_line: int = 1
    keys: dict[str, Entry] = field(default_factory=dict)
    variables: dict[str, Entry] = field(default_factory=dict)

    @property
    def audience(self) -> Audience:
        """Whom the message is for."""
        return self._word("audience", Audience)

    @property
    def status(self) -> PublicStatus:
        """What it says of the incident's state."""
        return self._word("status", PublicStatus)

    def _word(self, key: str, words: type[Word]) -> Word:
        entry = self.keys[key]
        try:
            return words(entry.value)
        except ValueError:
            choices = ", ".join(words)
            complaint = f"`{key}` is one of {choices}, and not {entry.value}."
            raise complaints.wrong(self.source, entry.line, complaint, name=key) from None

    def add(self, line: int, nested: bool, name: str, value: str) -> None:
        """Take one entry. Raises: InvalidInput when its key is unknown, or stands there already."""
        entries = self.variables if nested else self.keys
        if nested and VARIABLES not in self.keys:
            raise complaints.wrong(
                self.source, line, f"`{name}` is indented, and stands under no `variables:`."
            )
        if not nested and name not in KEYS:
            remedy = complaints.nearest(name, KEYS)
            raise complaints.wrong(self.source, line, f"There is no key `{name}`. {remedy}", name=name)
        if name in entries:
            raise complaints.wrong(self.source, line, f"`{name}` stands there twice. Keep one.", name=name)
        entries[name] = Entry(value, line)


def read(text: str, source: str) -> FrontMatter:
    """Take the front matter off a text.

    Raises: InvalidInput with the line of what is not in this form.
    """
    lines = text.split("\n")
    if lines[0].rstrip() != FENCE:
        raise complaints.wrong(
            source, 1, f"Begin with front matter: a line `{FENCE}`, keys, and `{FENCE}` again."
        )
    ends = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == FENCE), None)
    if ends is None:
        raise complaints.wrong(source, 1, f"The front matter does not end. Close it with a line `{FENCE}`.")
    found = FrontMatter(source, "\n".join(lines[ends + 1 :]), ends + 2)
    for line, nested, name, value in _entries(lines[1:ends], source):
        found.add(line, nested, name, value)
    _demand(found)
    return found


def _entries(lines: list[str], source: str) -> Iterator[tuple[int, bool, str, str]]:
    """The entries with their lines, the first of which is number 2 of the file."""
    for number, line in enumerate(lines, 2):
        if not line.strip():
            continue
        match = _ENTRY.fullmatch(line)
        if match is None:
            raise complaints.wrong(
                source, number, "Write `key: value`; under `variables:`, two blanks before it."
            )
        indent, name, value = match[1], match[2], match[3] or ""
        if value.startswith(_OF_YAML):
            raise complaints.wrong(
                source, number, f"Write the value of `{name}` as it is: no quotes, no comment."
            )
        if bool(value) == (name == VARIABLES and not indent):
            demand = "on lines of their own" if value else "behind the colon"
            raise complaints.wrong(source, number, f"`{name}` wants something {demand}.", name=name)
        yield number, bool(indent), name, value


def _demand(found: FrontMatter) -> None:
    for key in REQUIRED:
        if key not in found.keys:
            raise complaints.wrong(found.source, None, f"The front matter lacks `{key}`.", name=key)


def descriptions(variables: Mapping[str, Entry]) -> dict[str, str]:
    """The declared names, each with what it is."""
    return {name: entry.value for name, entry in variables.items()}
