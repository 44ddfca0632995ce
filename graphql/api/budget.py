"""What a viewer may spend in a minute. Counted in each web process by itself, for at most so many viewers."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.errors import LimitExceeded

WINDOW = timedelta(minutes=1)
POINTS = (
    150_000_000  # about two cores busy for that minute (measured: a million objects take PostgreSQL a second)
)
VIEWERS = 10_000


@dataclass(slots=True)
class Account:
    """What one viewer has spent since its window began (seconds of the process's monotonic clock)."""

    began: float
    spent: int = 0


@dataclass(frozen=True, slots=True)
class Balance:
    """What is left after an operation, and when it is full again."""

    cost: int
    limit: int
    remaining: int
    reset_at: datetime


class Budget:
    """Counts points per viewer and minute. The longest unseen viewers are forgotten first."""

    def __init__(self, points: int = POINTS, clock: Callable[[], float] = time.monotonic) -> None:
        self.points = points
        self._clock = clock
        self._accounts: OrderedDict[str, Account] = OrderedDict()

    def spend(self, viewer: str, cost: int) -> Balance:
        """Take an operation's cost off.

        Raises: LimitExceeded, saying when to come back; nothing is taken then.
        """
        now = self._clock()
        account = self._account(viewer, now)
        left = WINDOW - timedelta(seconds=now - account.began)
        if account.spent + cost > self.points:
            seconds = max(1, round(left.total_seconds()))
            raise LimitExceeded(
                f"This minute's points are spent. Try again in {seconds} s.", retry_after=left
            )
        account.spent += cost
        return Balance(cost, self.points, self.points - account.spent, datetime.now(UTC) + left)

    def _account(self, viewer: str, now: float) -> Account:
        account = self._accounts.pop(viewer, None)
        if account is None or now - account.began >= WINDOW.total_seconds():
            account = Account(now)
        self._accounts[viewer] = account
        if len(self._accounts) > VIEWERS:
            self._accounts.popitem(last=False)
        return account
