"""Trouble on purpose: how a stand-in answers wrongly, late, or not at all."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal, get_args

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.demo.loopback.connections import drop, until_hung_up

Fault = Literal["none", "500", "429", "hang", "reset", "lose_reply", "late"]
FAULTS: tuple[Fault, ...] = get_args(Fault)
Act = Callable[[], Awaitable[Response]]


@dataclass(slots=True)
class Faults:
    """What goes wrong. `once` is used up first, then chance decides, then what is always so."""

    always: Fault = "none"
    once: deque[Fault] = field(default_factory=deque)
    shares: dict[Fault, float] = field(default_factory=dict)
    retry_after: int | None = None
    late_seconds: float = 1.0
    chance: random.Random = field(default_factory=lambda: random.Random(7), repr=False)  # noqa: S311

    def next(self) -> Fault:
        """Choose the fault of one call."""
        if self.once:
            return self.once.popleft()
        return self.always if self.always != "none" else self.by_chance()

    async def upon(self, fault: Fault, request: Request, act: Act) -> Response:
        """Answer as `fault` says. A lost or late reply has done its work all the same."""
        if fault in ("hang", "reset"):
            return await (until_hung_up if fault == "hang" else drop)(request)
        if fault in ("500", "429"):
            return self.throttled() if fault == "429" else broken()
        answer = await act()
        if fault == "late":
            await asyncio.sleep(self.late_seconds)
        return await drop(request) if fault == "lose_reply" else answer

    def by_chance(self) -> Fault:
        """Draw a fault by its share."""
        point = self.chance.random()
        for fault, share in self.shares.items():
            point -= share
            if point < 0:
                return fault
        return "none"

    def throttled(self) -> Response:
        """Turn a call away with 429; nothing is done."""
        return JSONResponse({"message": "Too many requests"}, status_code=429, headers=self.waiting())

    def waiting(self) -> dict[str, str]:
        """Write the header that says how long to wait, if any is to be said."""
        return {"Retry-After": str(self.retry_after)} if self.retry_after is not None else {}


def broken() -> Response:
    """Fail as a server does."""
    return JSONResponse({"status": "error", "message": "Internal error"}, status_code=500)
