"""An incident as PagerDuty's REST API shows it, read with patience: only its id and status are needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

STATUSES = ("triggered", "acknowledged", "resolved")


class _Person(msgspec.Struct):
    summary: str | None = None


class _Acknowledgement(msgspec.Struct):
    at: datetime
    acknowledger: _Person = msgspec.field(default_factory=_Person)


class _Incident(msgspec.Struct):
    id: str
    status: str
    title: str | None = None
    html_url: str | None = None
    created_at: datetime | None = None
    acknowledgements: list[_Acknowledgement] = []
    last_status_change_at: datetime | None = None
    last_status_change_by: _Person | None = None


@dataclass(frozen=True, slots=True)
class Incident:
    """The incident behind one of our events. Who and when are None where PagerDuty does not say."""

    id: str
    status: str
    title: str | None
    url: str | None
    created_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    changed_at: datetime | None
    changed_by: str | None

    @property
    def is_answered(self) -> bool:
        """Tell whether somebody acknowledged or resolved it there."""
        return self.status != "triggered"


def most_relevant(answer: Mapping[str, Any]) -> Incident | None:
    """Pick from a list the first open incident, else the first one."""
    listed = answer.get("incidents")
    readable = [found for one in listed if (found := _read(one))] if isinstance(listed, list) else []
    return next((one for one in readable if one.status != "resolved"), readable[0] if readable else None)


def _read(value: Any) -> Incident | None:
    try:
        found = msgspec.convert(value, _Incident)
    except msgspec.ValidationError:
        return None
    first = min(found.acknowledgements, key=lambda one: one.at, default=None)
    return Incident(
        id=found.id,
        status=found.status,
        title=found.title,
        url=found.html_url,
        created_at=found.created_at,
        acknowledged_at=first.at if first else None,
        acknowledged_by=first.acknowledger.summary if first else None,
        changed_at=found.last_status_change_at,
        changed_by=found.last_status_change_by.summary if found.last_status_change_by else None,
    )
