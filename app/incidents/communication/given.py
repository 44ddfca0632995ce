"""What a message is asked to say: the words that only a person can find, trimmed and bounded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from app import wording
from app.errors import InvalidInput
from app.templates import Audience, PublicStatus

MOST_AFFECTED = 20
LONGEST_AFFECTED = 120
LONGEST_SENTENCE = 2000
FIELDS = ("affected", "summary", "details", "advice")


@dataclass(frozen=True, slots=True)
class Given:
    """What a person says in words for outsiders. `affected` names the parts that do not work."""

    affected: Sequence[str] = ()
    summary: str = ""
    details: str = ""
    advice: str = ""

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Given:
        """Read what an earlier message kept."""
        return cls(**{name: kept[name] for name in FIELDS if name in kept})

    @property
    def kept(self) -> dict[str, Any]:
        """The same for a record."""
        return asdict(self) | {"affected": list(self.affected)}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A message as it is asked for. Without a text of its own it has its template's.

    `next_update_at` is when its readers hear again; None is the usual time, and never once it is resolved.
    """

    audience: Audience
    status: PublicStatus
    given: Given = field(default_factory=Given)
    subject: str | None = None
    text: str | None = None
    next_update_at: datetime | None = None


def cleaned(given: Given) -> Given:
    """Trim the words.

    Raises: InvalidInput at the first that is missing or wrong.
    """
    affected = [" ".join(one.split()) for one in given.affected if one.strip()]
    if not affected:
        raise InvalidInput("Say what is affected, in words for outsiders.", path=("affected",))
    if len(affected) > MOST_AFFECTED:
        raise InvalidInput(f"Name at most {MOST_AFFECTED} parts.", path=("affected",))
    return Given(
        affected=[
            wording.written(one, path="affected", demand="", longest=LONGEST_AFFECTED) for one in affected
        ],
        summary=_sentence(given.summary, "summary", "Say what people notice, in one sentence."),
        details=_sentence(given.details, "details"),
        advice=_sentence(given.advice, "advice"),
    )


def listed(parts: Sequence[str]) -> str:
    """Several parts as people list them: `cards, refunds and payouts`."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1]))) if parts else ""


def _sentence(text: str, path: str, demand: str = "") -> str:
    if not text.strip() and not demand:
        return ""
    return wording.written(text, path=path, demand=demand, longest=LONGEST_SENTENCE)
