"""Rate limits, counted over a window that slides."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(slots=True)
class RateLimit:
    """At most `calls` in any `window`, for each key apart."""

    calls: int = 120
    window: timedelta = timedelta(seconds=60)
    clock: Callable[[], float] = time.monotonic
    _taken: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque), repr=False)

    def admits(self, key: str) -> bool:
        """Count a call if there is room for it. A call that is turned away is not counted."""
        if self.remaining(key) == 0:
            return False
        self._taken[key].append(self.clock())
        return True

    def remaining(self, key: str) -> int:
        """Say how many calls there is room for now."""
        taken, oldest = self._taken[key], self.clock() - self.window.total_seconds()
        while taken and taken[0] <= oldest:
            taken.popleft()
        return max(self.calls - len(taken), 0)
