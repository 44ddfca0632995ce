"""Who is on call by PagerDuty, and standing in there: escalation policies, their schedules, overrides.

Source: PagerDuty's REST API, "List all of the on-calls", "Create one or more overrides".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from app.outside.pagerduty.readiness import INCLUDED, with_key
from app.outside.pagerduty.rest import Rest, Unanswered
from app.outside.reading import mapping, moment, text
from app.outside.secret import Secret

# What should have begun is begun by PagerDuty when it hears of it.
LATE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class OnCall:
    """Somebody is on call at the first level of a role. Without a beginning or an end they always are."""

    role: str
    name: str
    email: str | None
    schedule_id: str | None
    begins_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Override:
    """Somebody stands in, in one schedule."""

    schedule_id: str
    email: str
    begins_at: datetime
    ends_at: datetime


async def on_calls(
    rest: Rest, routing_keys: Mapping[str, Secret], since: datetime, until: datetime
) -> list[OnCall] | Unanswered:
    """Ask who is on call for each role, by the escalation policy of its service."""
    services = await rest.get_all("/services", "services", [("include[]", one) for one in INCLUDED])
    if isinstance(services, Unanswered):
        return services
    policies = {
        str(mapping(found.get("escalation_policy")).get("id")): role
        for role, key in routing_keys.items()
        if (found := with_key(services, key)) is not None
    }
    if not policies:
        return []
    query = [("escalation_policy_ids[]", one) for one in policies]
    span = [("since", since.isoformat()), ("until", until.isoformat()), ("include[]", "users")]
    listed = await rest.get_all("/oncalls", "oncalls", [*query, *span])
    if isinstance(listed, Unanswered):
        return listed
    read = (_read(one, policies) for one in listed if one.get("escalation_level") == 1)
    return [one for one in read if one is not None]


def _read(entry: Mapping[str, Any], policies: Mapping[str, str]) -> OnCall | None:
    role = policies.get(str(mapping(entry.get("escalation_policy")).get("id")))
    user = mapping(entry.get("user"))
    name = text(user.get("name")) or text(user.get("summary"))
    if role is None or name is None:
        return None
    return OnCall(
        role=role,
        name=name,
        email=text(user.get("email")),
        schedule_id=text(mapping(entry.get("schedule")).get("id")),
        begins_at=moment(entry.get("start")),
        ends_at=moment(entry.get("end")),
    )


async def find_override(rest: Rest, wanted: Override) -> str | Unanswered | None:
    """The id of an override that is the same, should an earlier try have made it without our hearing so."""
    path = f"/schedules/{quote(wanted.schedule_id)}/overrides"
    span = [("since", wanted.begins_at.isoformat()), ("until", wanted.ends_at.isoformat())]
    user = await _user(rest, wanted.email)
    if isinstance(user, Unanswered):
        return user
    listed = await rest.get_all(path, "overrides", span)
    if isinstance(listed, Unanswered):
        return listed
    same = (one for one in listed if _is(one, wanted, user))
    return next((str(one.get("id")) for one in same), None)


async def make_override(rest: Rest, wanted: Override) -> Unanswered | None:
    """Let somebody stand in at PagerDuty; None when they do. Needs `OPSBOOK_PAGERDUTY_FROM`."""
    user = await _user(rest, wanted.email)
    if isinstance(user, Unanswered):
        return user
    made = {
        "start": wanted.begins_at.isoformat(),
        "end": wanted.ends_at.isoformat(),
        "user": {"id": user, "type": "user_reference"},
    }
    path = f"/schedules/{quote(wanted.schedule_id)}/overrides"
    answer = await rest.call("POST", path, {"overrides": [made]})
    return answer if isinstance(answer, Unanswered) else None


async def delete_override(rest: Rest, schedule_id: str, override_id: str) -> Unanswered | None:
    """Call one off; what has been of it stays. One that is gone is called off."""
    answer = await rest.call("DELETE", f"/schedules/{quote(schedule_id)}/overrides/{quote(override_id)}")
    gone = isinstance(answer, Unanswered) and answer.kind == "not_found"
    return answer if isinstance(answer, Unanswered) and not gone else None


async def _user(rest: Rest, email: str) -> str | Unanswered:
    """The id of the user who has an address there."""
    listed = await rest.get_all("/users", "users", [("query", email)])
    if isinstance(listed, Unanswered):
        return listed
    same = (one for one in listed if str(one.get("email")).lower() == email.lower())
    return next((str(one.get("id")) for one in same), Unanswered("not_found"))


def _is(one: Mapping[str, Any], wanted: Override, user: object) -> bool:
    start, end = moment(one.get("start")), moment(one.get("end"))
    if start is None or end != wanted.ends_at or mapping(one.get("user")).get("id") != user:
        return False
    return wanted.begins_at <= start <= wanted.begins_at + LATE
