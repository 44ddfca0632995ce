"""Trouble with PagerDuty: its Events API, by role, and its REST API."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.responses import JSONResponse, Response

from app.demo.loopback import faults
from app.demo.loopback.faults import Fault

THROTTLED = {
    "status": "throttle exceeded",
    "message": "Too many events for this integration key. Try again later.",
    "errors": ["The limit of calls per minute is reached"],
}


@dataclass(slots=True)
class Faults(faults.Faults):
    """What goes wrong. `once` is used up first, then the role's own fault, then chance, then the rest."""

    events: Fault = "none"
    rest: Fault = "none"
    by_role: dict[str, Fault] = field(default_factory=dict)

    def of_event(self, role: str | None) -> Fault:
        """Choose the fault of one call to the Events API."""
        if self.once:
            return self.once.popleft()
        return self.by_role.get(role or "", self.events if self.events != "none" else self.by_chance())

    def throttled(self) -> Response:
        """Turn a call away with 429; the event is not taken in."""
        return JSONResponse(THROTTLED, status_code=429, headers=self.waiting())
