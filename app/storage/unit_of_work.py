"""One request or one job is one unit of work is one transaction; nothing else commits."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from types import TracebackType
from typing import Any, Protocol, Self

from asyncpg import InternalClientError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app import clock
from app.errors import InvalidInput, OpsbookError, Unavailable
from app.storage import rows
from app.storage.base import Base

# Source: PostgreSQL, "Error Codes": no connection, rolled back, full, stopping or starting.
PASSING = ("08", "40", "53", "57P")
UNSTORABLE = ("22021", "22P05")  # a text with U+0000 in it, by itself or inside JSON


class Bell(Protocol):
    """Wakes workers and browsers after a commit. It may fail silently: sweeps and polls find the work."""

    def ring(self, queues: Collection[str], topics: Collection[str]) -> None:
        """Say that `queues` have work and that what `topics` name has changed. Returns at once."""


class Silence:
    """A bell for tests and one-off commands: nobody is waiting."""

    def ring(self, queues: Collection[str], topics: Collection[str]) -> None:
        """Do nothing."""


class UnitOfWork:
    """A transaction that commits when its block ends well, then rings for whom it woke."""

    def __init__(self, engine: AsyncEngine, bell: Bell) -> None:
        self.session = AsyncSession(engine, expire_on_commit=False, sync_session_class=rows.RowSession)
        self.moment: datetime | None = None
        self._bell = bell
        self._queues: set[str] = set()
        self._topics: set[str] = set()

    async def now(self) -> datetime:
        """The moment of this transaction by the database's clock: read once, so that all it writes agrees.

        Whoever waits for a lock sets `moment` anew, because what waited came after what it waited for.
        """
        if self.moment is None:
            self.moment = await clock.read(self.session)
        return self.moment

    def write(self, kind: type[Base], /, **values: Any) -> None:
        """Add a row that needs no object; it leaves with others of its kind, at the commit at the latest."""
        rows.add(self.session.sync_session, kind, values)

    def wake(self, queue: str) -> None:
        """Ring a queue's workers once this has committed."""
        self._queues.add(queue)

    def announce(self, topic: str) -> None:
        """Tell open pages, once this has committed, that `topic` changed (as in `incident:12`)."""
        self._topics.add(topic)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                await self.session.commit()
        except BaseException as failure:
            error = failure
            raise _foreseen(failure, "The outcome is unknown") or failure from failure
        finally:
            await self._close(broken=error is not None)
        if error is not None and (foreseen := _foreseen(error, "Nothing was changed")):
            raise foreseen from error
        if self._queues or self._topics:
            self._bell.ring(self._queues, self._topics)

    async def _close(self, *, broken: bool) -> None:
        try:
            await self.session.close()
        except (DBAPIError, OSError):
            if not broken:
                raise


def is_gone(error: BaseException) -> bool:
    """Whether PostgreSQL is away, starting, stopping or full, or rolled back: trying again helps."""
    if isinstance(error, OperationalError | InterfaceError | PoolTimeout | OSError) or _broke(error):
        return True
    if not isinstance(error, DBAPIError):
        return False
    return error.connection_invalidated or _state(error).startswith(PASSING)


def unstorable() -> InvalidInput:
    """What to say of a text that PostgreSQL cannot hold."""
    return InvalidInput("A text has the character U+0000 in it, which cannot be stored. Take it out.")


def _foreseen(error: BaseException, outcome: str) -> OpsbookError | None:
    """What a failure means to whoever asked; None where it is a defect."""
    if is_gone(error):
        return Unavailable(f"The database does not answer. {outcome}; try again.")
    return unstorable() if isinstance(error, DBAPIError) and _state(error) in UNSTORABLE else None


def _state(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""


def _broke(error: BaseException) -> bool:
    """Whether uvloop, or asyncpg after it, says so of a connection that broke between two writes."""
    return isinstance(error, InternalClientError) or (
        isinstance(error, RuntimeError) and "closed" in str(error)
    )
