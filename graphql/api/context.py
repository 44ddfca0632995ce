"""What a request brings: who asks, and where the answers are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from api.budget import Budget
from app.security.permissions import Actor
from app.storage.engine import Database


class Changes(Protocol):
    """Says what has changed, after it was committed."""

    def topics(self, prefix: str) -> AsyncIterator[str]:
        """Yield each announced topic that begins with `prefix`, from the first `__anext__` on, without end.

        It may say so once too often, never once too seldom: after a gap it yields the prefix itself.
        """


class Unchanging:
    """For one-off commands and pages: nothing is watched."""

    async def topics(self, prefix: str) -> AsyncIterator[str]:
        """End at once."""
        for _ in ():
            yield prefix


@dataclass(frozen=True, slots=True)
class Context:
    """One request's surroundings. Without a budget nothing is counted: pages run our own documents.

    `renew` asks again who the viewer is and what they may: a stream outlives sessions and roles.
    """

    database: Database
    actor: Actor
    changes: Changes = field(default_factory=Unchanging)
    base_url: str = "http://127.0.0.1:8000"
    budget: Budget | None = None
    renew: Callable[[], Awaitable[Actor]] | None = None
