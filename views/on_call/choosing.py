"""What the forms of on-call have in common: a role in the address, and who may be chosen for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.errors import NotFound
from views.on_call.lanes import TITLES

# What somebody must be to answer a page in a role.
DUTIES = {"OPERATOR": "operator", "INCIDENT_COMMANDER": "commander", "POLICY_OWNER": "policy_owner"}
Errors = Sequence[Mapping[str, str]]


def role_of(path: str) -> str:
    """The role that an address names. Raises: NotFound."""
    role = path.upper()
    if role not in TITLES:
        raise NotFound("Nobody is on call in such a role.")
    return role


def able(people: Sequence[Mapping[str, Any]], role: str) -> list[Mapping[str, Any]]:
    """Who may be on call in a role."""
    return [one for one in people if DUTIES[role] in one["roles"] and not one["deactivatedAt"]]


def local(at: datetime, zone: ZoneInfo) -> str:
    """A moment as a browser's field for date and time has it."""
    return f"{at.astimezone(zone):%Y-%m-%dT%H:%M}"


def typed_moment(text: str, zone: ZoneInfo) -> datetime | None:
    """What was typed into such a field, by the clock of the viewer's zone; None where it is no moment."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone)
    except ValueError:
        return None
