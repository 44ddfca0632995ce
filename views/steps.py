"""The timers of an escalation as GraphQL answers them: whom each pages, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from views.times import moment

TITLES = {
    "OPERATOR": "On-call operator",
    "INCIDENT_COMMANDER": "Incident commander",
    "ADMINISTRATOR": "Administrators",
}
WHOM = {"ADMINISTRATOR": "every administrator"}


@dataclass(frozen=True, slots=True)
class Step:
    """One timer. `repeat` of `repeats` counts how often the commander was paged in vain."""

    title: str
    who: str
    whom: str
    due_at: datetime
    fired_at: datetime | None = None
    cancelled_at: datetime | None = None
    is_last: bool = False
    repeat: int = 0
    repeats: int = 0
    administrators_at: datetime | None = None
    until: datetime | None = None

    @property
    def at(self) -> datetime:
        """When it happened, or will."""
        return self.fired_at or self.due_at


def escalation(incident: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The steps since it was last opened: those of earlier generations are history."""
    now = incident["generation"]
    return [o for o in incident["escalation"] if o["generation"] == now and o["role"] != "POLICY_OWNER"]


def current(steps: list[Step]) -> list[Step]:
    """Drop the rounds before the last hand-back: their answers are history, the timeline tells it."""
    ended = max((step.cancelled_at for step in steps if step.cancelled_at), default=None)
    return steps if ended is None else [step for step in steps if step.due_at >= ended]


def step(one: Mapping[str, Any], incident: Mapping[str, Any]) -> Step:
    """Read one timer of an incident."""
    role, person = one["role"], one["person"]
    title = person["name"] if person else TITLES.get(role, role.replace("_", " ").capitalize())
    whom = person["name"] if person else WHOM.get(role, f"the {title.lower()}")
    again = f"again, {one['repeat']} of {one['repeats']}" if one["repeat"] else ""
    who = again or _who(incident, one)
    return Step(
        title=title,
        who=who,
        whom=f"{whom} again" if again else whom,
        due_at=moment(one["dueAt"]),
        fired_at=_moment(one["firedAt"]),
        cancelled_at=_moment(one["cancelledAt"]),
        is_last=role == "ADMINISTRATOR",
        repeat=one["repeat"],
        repeats=one["repeats"] or 0,
        administrators_at=_moment(one["administratorsAt"]),
        until=_moment(one["onCallUntil"]) if who == one["onCall"] else None,
    )


def _who(incident: Mapping[str, Any], one: Mapping[str, Any]) -> str:
    """Who has the role here, else who is on call in it."""
    role = one["role"]
    if one["person"]:
        return "by name"
    if role == "ADMINISTRATOR":
        return "every one of them"
    held = (other for other in incident["participants"] if other["role"] == role and not other["renouncedAt"])
    return next((other["person"]["name"] for other in held), one["onCall"]) or "on call at PagerDuty"


def _moment(written: str | None) -> datetime | None:
    return moment(written) if written else None
