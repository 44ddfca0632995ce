"""What a silence is about, pure: conditions on what an alert says, in the words that people write.

A pattern is RE2's: it takes time that grows with the text alone, whatever somebody writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

from app.errors import InvalidInput
from app.incidents import rules
from app.incidents.rules import Verdict
from app.incidents.words import Severity

MOST, LONGEST = 10, 500
PATTERN_BYTES = 1 << 20
FIELDS = ("component", "group", "class", "origin", "summary")
SHAPE = re.compile(r"\s*([A-Za-z_][\w.:/-]{0,99})\s*(=~|=|~|\bin\b)\s*(\S.*?)\s*")
EXAMPLES = "`service = checkout`, `region in eu, us` or `alertname ~ Disk.*`"

Facts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on one thing that an alert says: equal, one of several, or a pattern of all of it."""

    name: str
    operator: str
    operand: str

    def fits(self, facts: Facts) -> bool:
        """Whether an alert says so. What it does not say is empty."""
        said = facts.get(self.name, "")
        if self.operator == "~":
            return _pattern(self.operand).fullmatch(said) is not None
        if self.operator == "in":
            return said in {one.strip() for one in self.operand.split(",")}
        return said == self.operand

    def __str__(self) -> str:
        return f"{self.name} {self.operator} {self.operand}"


@dataclass(frozen=True, slots=True)
class Active:
    """A silence that counts now."""

    id: int
    matchers: Sequence[str]
    includes_s0: bool

    def hushes(self, facts: Facts, verdict: Verdict) -> bool:
        """Whether an alert pages nobody. An S0 pierces a silence that was not made for it."""
        is_heard = verdict.severity is Severity.S0 and not self.includes_s0
        return not is_heard and fits(self.matchers, facts)


def active(rows: Iterable[Sequence[Any]] | None) -> list[Active]:
    """What is silenced now, as it comes with a source."""
    return [Active(*row) for row in rows or ()]


def read(lines: Iterable[str]) -> list[str]:
    """Read conditions as people write them, one a line; answers them as they are kept.

    Raises: InvalidInput, whose `path` is `matchers`.
    """
    written = [line for line in lines if line.strip()]
    if not 0 < len(written) <= MOST:
        raise _wrong(f"Write 1 to {MOST} conditions, one a line, as in {EXAMPLES}.")
    return [str(_checked(line)) for line in written]


def fits(matchers: Sequence[str], facts: Facts) -> bool:
    """Whether everything that a silence asks for is so."""
    return all(matcher(line).fits(facts) for line in matchers)


def facts(
    *, source: str, severity: str, labels: Mapping[str, str], fields: Mapping[str, Any]
) -> dict[str, str]:
    """What conditions may name: the labels of an alert, its fields, and who sent it how bad about what."""
    scope = rules.scope_of(labels)
    said = {name: str(fields[name] or "") for name in FIELDS}
    return {**labels, **said, "source": source, "severity": severity, "scope": scope.value if scope else ""}


@lru_cache(maxsize=1000)
def matcher(line: str) -> Matcher:
    """A condition that was read before."""
    found = SHAPE.fullmatch(line)
    if found is None:
        raise _wrong(f"{line.strip()[:100]!r} is no condition. Write it as in {EXAMPLES}.")
    name, operator, operand = found.groups()
    return Matcher(name, "~" if operator == "=~" else operator, operand)


def _checked(line: str) -> Matcher:
    if len(line) > LONGEST or not line.isprintable():
        raise _wrong(f"A condition has at most {LONGEST} characters, and none that cannot be seen.")
    found = matcher(line)
    if found.operator == "~":
        try:
            _pattern(found.operand)
        except re2.error as error:
            raise _wrong(f"{found.operand!r} is no pattern that RE2 knows. Check its syntax.") from error
    return found


@lru_cache(maxsize=1000)
def _pattern(text: str) -> Any:
    options = re2.Options()
    options.max_mem, options.log_errors = PATTERN_BYTES, False
    return re2.compile(text, options)


def _wrong(reason: str) -> InvalidInput:
    return InvalidInput(reason, path=("matchers",))
