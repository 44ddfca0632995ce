"""Publishes an update exactly once, although Statuspage knows no idempotence key and replies get lost.

The incident there carries in its metadata, which readers of the page do not see, the name of ours and the
number of the last update that it shows: `{"opsbook": {"incident": "…", "update": "3"}}`. An update sets both
with its text in one request, so whoever reads the incident back knows whether the update is there.
Two publications at once could be two incidents: the caller holds a lease that outlasts one.
Source: Statuspage API 1.0.0, its OpenAPI document: "Create an incident", "Update an incident", "Get a list of
unresolved incidents"; "Metadata … Top level values must be objects".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote

from app.outside import reading
from app.outside.clipping import clipped
from app.outside.failed import Failed
from app.outside.json_api import Reply
from app.outside.statuspage.page import Page

PublicStatus = Literal["investigating", "identified", "monitoring", "resolved"]
ComponentStatus = Literal["operational", "degraded_performance", "partial_outage", "major_outage"]
Impact = Literal["none", "minor", "major", "critical"]

MAX_NAME = 255
MAX_BODY = 25_000
MAX_DIGITS = 9
LISTS = ("/incidents/unresolved?page=1&per_page=100", "/incidents?page=1&limit=100")


@dataclass(frozen=True, slots=True)
class Update:
    """What the page should show. `incident` names ours for ever; `sequence` counts its updates from 1.

    `components` are the page's ids. `incident_id` is Statuspage's, when an earlier update has learned it.
    """

    incident: str
    sequence: int
    name: str
    status: PublicStatus
    body: str = field(repr=False)
    components: Mapping[str, ComponentStatus] = field(default_factory=dict)
    impact: Impact | None = None
    deliver_notifications: bool = True
    incident_id: str | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """The incident as the page shows it. `sequence`: the last of our updates that it carries."""

    incident_id: str
    url: str
    status: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Published:
    """The page shows the update now."""

    shown: Shown


@dataclass(frozen=True, slots=True)
class Found:
    """The page showed this update, or a later one, already; or the reply to it was lost."""

    shown: Shown


async def publish(page: Page, update: Update) -> Published | Found | Failed:
    """Show the update unless it is shown. What fails outside never raises."""
    there = await find(page, update.incident, update.incident_id)
    if isinstance(there, Failed):
        return there
    if there is not None and there.sequence >= update.sequence:
        return Found(there)
    made = await _write(page, update, there)
    if isinstance(made, Shown):
        return Published(made)
    return await _looked_again(page, update, made)


async def find(page: Page, incident: str, incident_id: str | None = None) -> Shown | Failed | None:
    """Look for our incident: by Statuspage's id, else among the unresolved, else among the newest 100."""
    if incident_id is not None:
        reply = await page.call("GET", f"/incidents/{quote(incident_id, safe='')}")
        found = _read(reply)
        if isinstance(found, Shown) or found.kind != "not_found":
            return found
    for path in LISTS:
        listed = _listed(await page.call("GET", path), incident)
        if listed is not None:
            return listed
    return None


def written(update: Update, *, is_new: bool) -> dict[str, Any]:
    """Write the request's body. A name that people changed at Statuspage stays as they changed it."""
    name = " ".join(update.name.split()) or update.incident
    return {
        "incident": {
            **({"name": clipped(name, MAX_NAME)} if is_new else {}),
            "status": update.status,
            "body": clipped(update.body, MAX_BODY),
            "metadata": {"opsbook": {"incident": update.incident, "update": str(update.sequence)}},
            "deliver_notifications": update.deliver_notifications,
            **({"impact_override": update.impact} if update.impact else {}),
            **_components(update),
        }
    }


async def _write(page: Page, update: Update, there: Shown | None) -> Shown | Failed:
    content = written(update, is_new=there is None)
    if there is None:
        return _read(await page.call("POST", "/incidents", content))
    return _read(await page.call("PATCH", f"/incidents/{quote(there.incident_id, safe='')}", content))


async def _looked_again(page: Page, update: Update, failed: Failed) -> Found | Failed:
    """After a lost reply, see what became of it."""
    if not failed.may_have_arrived:
        return failed
    there = await find(page, update.incident, update.incident_id)
    return Found(there) if isinstance(there, Shown) and there.sequence >= update.sequence else failed


def _components(update: Update) -> dict[str, Any]:
    if not update.components:
        return {}
    return {"components": dict(update.components), "component_ids": list(update.components)}


def _listed(reply: Reply | Failed, incident: str) -> Shown | Failed | None:
    """Pick ours from a list, newest first: of two the older one, which was there before a mistake."""
    if isinstance(reply, Failed):
        return reply
    if not isinstance(reply.content, list):
        return Failed("bad_response", permanent=False, status=reply.status)
    ours = [one for one in reading.objects(reply.content) if _mark(one).get("incident") == incident]
    return next(filter(None, map(_shown, reversed(ours))), None)


def _read(reply: Reply | Failed) -> Shown | Failed:
    if isinstance(reply, Failed):
        return reply
    return _shown(reply.content) or Failed("bad_response", permanent=False, status=reply.status)


def _shown(value: Any) -> Shown | None:
    found = reading.mapping(value)
    incident_id, status = reading.text(found.get("id")), reading.text(found.get("status"))
    if incident_id is None or status is None:
        return None
    sequence = str(_mark(found).get("update", ""))
    number = int(sequence) if sequence.isascii() and sequence.isdigit() and len(sequence) < MAX_DIGITS else 0
    return Shown(incident_id, reading.text(found.get("shortlink")) or "", status, number)


def _mark(incident: Mapping[str, Any]) -> Mapping[str, Any]:
    return reading.mapping(reading.mapping(incident.get("metadata")).get("opsbook"))
