"""Trouble on purpose: how the stand-in answers wrongly, late, or not at all."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal, get_args

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.demo.pagerduty.connections import drop, until_hung_up

Fault = Literal["none", "500", "429", "hang", "lose_reply", "late"]
FAULTS: tuple[Fault, ...] = get_args(Fault)
THROTTLED = {
    "status": "throttle exceeded",
    "message": "Too many events for this integration key. Try again later.",
    "errors": ["The limit of calls per minute is reached"],
}


@dataclass(slots=True)
class Faults:
    """What goes wrong. `once` is used up first, then the role's own fault, then chance, then the rest."""

    events: Fault = "none"
    rest: Fault = "none"
    by_role: dict[str, Fault] = field(default_factory=dict)
    once: deque[Fault] = field(default_factory=deque)
    shares: dict[Fault, float] = field(default_factory=dict)
    retry_after: int | None = None
    late_seconds: float = 1.0
    chance: random.Random = field(default_factory=lambda: random.Random(7), repr=False)  # noqa: S311

    def of_event(self, role: str | None) -> Fault:
        """Choose the fault of one call to the Events API."""
        if self.once:
            return self.once.popleft()
        return self.by_role.get(role or "", self.events if self.events != "none" else self._by_chance())

    async def upon(self, fault: Fault, request: Request, act: Callable[[], Awaitable[Response]]) -> Response:
        """Answer as `fault` says. A lost or late reply has done its work all the same."""
        if fault == "hang":
            return await until_hung_up(request)
        if fault in ("500", "429"):
            return throttled(self.retry_after) if fault == "429" else broken()
        answer = await act()
        if fault == "late":
            await asyncio.sleep(self.late_seconds)
        return await drop(request) if fault == "lose_reply" else answer

    def _by_chance(self) -> Fault:
        point = self.chance.random()
        for fault, share in self.shares.items():
            point -= share
            if point < 0:
                return fault
        return "none"


def broken() -> Response:
    """Fail as a server does."""
    return JSONResponse({"status": "error", "message": "Internal error"}, status_code=500)


def throttled(retry_after: int | None = None) -> Response:
    """Turn a call away with 429; the event is not taken in."""
    headers = {"Retry-After": str(retry_after)} if retry_after is not None else {}
    return JSONResponse(THROTTLED, status_code=429, headers=headers)
