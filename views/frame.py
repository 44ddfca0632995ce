"""What stands around every page: who looks at it, from where, and what is open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from starlette.requests import Request

from views import flash
from views.flash import Toast
from views.times import moment, zone

Theme = Literal["light", "dark"]
# Scripts write them too. The prefix makes browsers refuse them from any other host.
THEME, ZONE = "__Host-theme", "__Host-tz"


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere to go: an entry of the sidebar and of the palette."""

    section: str
    title: str
    href: str
    icon: str
    key: str
    scope: str


@dataclass(frozen=True, slots=True)
class Live:
    """The stream that tells a page what changed, and the topics it listens for."""

    address: str
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether a page would reach somebody, as PagerDuty last said."""

    ready: bool
    detail: str


@dataclass(frozen=True, slots=True)
class OnCall:
    """The operator on call; without `until` with no end."""

    name: str
    until: datetime | None


GROUPS: Mapping[str, tuple[Place, ...]] = {
    "Operate": (
        Place("activity", "Activity", "/activity", "activity", "g a", "incidents:read"),
        Place("incidents", "Incidents", "/incidents", "beacon", "g i", "incidents:read"),
        Place("silences", "Silences", "/silences", "stop", "g n", "incidents:read"),
        Place("on_call", "On call", "/on-call", "ringing", "g o", "incidents:read"),
        Place("metrics", "Incident metrics", "/incidents/metrics", "gauge", "g m", "incidents:read"),
    ),
    "Admin": (
        Place("subscribers", "Readers", "/settings/subscribers", "mail", "g r", "admin"),
        Place("sources", "Alert sources", "/settings/sources", "inlet", "g s", "admin"),
        Place("policies", "Escalation policies", "/settings/policies", "level", "g e", "incidents:read"),
        Place("tools", "Admin tools", "/admin", "sliders", "g f", "admin"),
        Place("people", "People", "/settings/people", "people", "g p", "admin"),
        Place("tokens", "API tokens", "/settings/tokens", "key", "g t", "admin"),
        Place("pagerduty", "PagerDuty", "/settings/pagerduty", "phone", "g d", "incidents:read"),
        Place("status", "System status", "/status", "gauge", "g y", "incidents:read"),
    ),
    "Developers": (
        Place("explorer", "API explorer", "/graphql", "braces", "g x", "incidents:read"),
        Place("developers", "Guide and schema", "/developers", "book", "g h", "incidents:read"),
    ),
}


EVERYWHERE = Live("/events", ("incidents",))


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The frame of one page for one viewer. Without a viewer the page is bare."""

    name: str = ""
    email: str = ""
    scopes: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    section: str = ""
    now: datetime | None = None
    zone: ZoneInfo = field(default_factory=lambda: zone(None))
    theme: Theme | None = None
    open_count: int = 0
    worst: str = ""
    readiness: Readiness | None = None
    unreached: tuple[int, ...] = ()
    on_call: OnCall | None = None
    live: Live | None = None
    flash: Toast | None = None

    def can(self, scope: str) -> bool:
        """Whether to show a control. The core decides again when it is used."""
        return scope in self.scopes

    @property
    def may_waive(self) -> bool:
        """Whether this viewer's signature lets a step of a checklist be left out."""
        return not self.roles.isdisjoint(("commander", "policy_owner"))

    @property
    def places(self) -> Mapping[str, tuple[Place, ...]]:
        """The sidebar: groups of places that this viewer may open."""
        open_to = {title: tuple(p for p in group if self.can(p.scope)) for title, group in GROUPS.items()}
        return {title: group for title, group in open_to.items() if group}


def bare(request: Request) -> Frame:
    """The frame of a page that needs no viewer: sign-in, a signed link, an error."""
    return Frame(
        zone=zone(request.cookies.get(ZONE)),
        theme=_theme(request),
        flash=flash.read(request),
    )


def frame(request: Request, answer: Mapping[str, Any], *, section: str, live: Live = EVERYWHERE) -> Frame:
    """The frame around a page, from the answer of the operation `frame`."""
    viewer, found = answer["me"], answer["incidents"]["nodes"]
    return Frame(
        name=viewer["person"]["name"],
        email=viewer["person"]["email"],
        scopes=frozenset(viewer["scopes"]),
        roles=frozenset(viewer["person"]["roles"]),
        section=section,
        now=moment(answer["now"]),
        zone=zone(request.cookies.get(ZONE) or viewer["person"]["timeZone"]),
        theme=_theme(request),
        open_count=len(found),
        worst=min((one["severity"] for one in found), default=""),
        readiness=_readiness(answer["pagerdutyReadiness"]),
        unreached=tuple(dict.fromkeys(one["incident"]["number"] for one in answer["pagesInTrouble"])),
        on_call=_on_call(answer["onCall"]),
        live=live,
        flash=flash.read(request),
    )


def _readiness(checks: Sequence[Mapping[str, Any]]) -> Readiness | None:
    """The first check that failed, or who is on call; nothing where PagerDuty has not been asked yet."""
    if not checks:
        return None
    failed = [check for check in checks if not check["passed"]]
    on_call = [check for check in checks if check["name"] == "operator: on call"]
    return Readiness(not failed, (failed or on_call or checks)[0]["detail"])


def _on_call(found: Sequence[Mapping[str, Any]]) -> OnCall | None:
    operator = next((one for one in found if one["role"] == "OPERATOR"), None)
    if operator is None:
        return None
    return OnCall(operator["name"], moment(operator["endsAt"]) if operator["endsAt"] else None)


def _theme(request: Request) -> Theme | None:
    chosen = request.cookies.get(THEME)
    return "light" if chosen == "light" else "dark" if chosen == "dark" else None
