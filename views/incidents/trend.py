"""The trend line that an incident is about, with what was done about it marked in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request

from views import trends
from views.activity import Asked
from views.frame import Frame
from views.running import Values, ask
from views.times import moment
from views.trends import Picture

MINUTES = 120
# While it is open, and for so long after, the stream itself is shown; later, what the decision saw.
SHOWN_AFTER = timedelta(hours=1)
OPEN = ("TRIGGERED", "ACKNOWLEDGED", "MITIGATED")
# What a worker said of a stream longer ago than this says nothing about now.
FRESH = timedelta(minutes=4)
MARKED = {
    "triggered": "Declared",
    "reopened": "Reopened",
    "acknowledged": "Acknowledged",
    "mitigated": "Mitigated",
    "resolved": "Resolved",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """What was done, when, and its entry in the timeline."""

    name: str
    at: datetime
    seq: int


@dataclass(frozen=True, slots=True)
class Trend:
    """What the card shows."""

    line: Mapping[str, Any]
    picture: Picture
    marks: Sequence[Mark]
    is_live: bool
    others: Sequence[str]
    back_for: timedelta | None


async def drawn(request: Request, frame: Frame, incident: Values) -> Trend | None:
    """The card of an incident; None when no trend line had a part in it."""
    standings, kept = incident["trends"], _evidence(incident)
    names = [one["stream"] for one in standings] or [one["stream"] for one in kept[-1:]]
    if not names:
        return None
    is_live = bool(standings) and _is_recent(incident, frame.now)
    found = await ask(request, "incident_stream", stream=names[0], minutes=MINUTES) if is_live else {}
    lines = found.get("trends") or [_line(one) for one in kept[-1:]]
    if not lines:
        return None
    return compose(frame, incident, lines[0], is_live=is_live)


def compose(frame: Frame, incident: Values, line: Mapping[str, Any], *, is_live: bool = True) -> Trend:
    """The card of a line that was read, or that a decision kept."""
    asked, marks = Asked(line["stream"]), _marks(incident)
    picture = trends.draw(
        line,
        frame.zone,
        lambda at: asked.to(minute=at),
        happened=[(one.at, str(place)) for place, one in enumerate(marks, 1)],
    )
    others = [one["stream"] for one in incident["trends"] if one["stream"] != line["stream"]]
    return Trend(line, picture, marks, is_live, others, back_for(incident, frame.now))


def back_for(incident: Values, now: datetime | None) -> timedelta | None:
    """For how long all streams of an incident have looked well again; None while one does not."""
    standings = incident["trends"]
    if now is None or incident["status"] not in ("TRIGGERED", "ACKNOWLEDGED") or not standings:
        return None
    if not all(_is_back(one, now) for one in standings):
        return None
    return now - max(moment(one["insideSince"]) for one in standings)


def _is_back(standing: Values, now: datetime) -> bool:
    is_fresh = now - moment(standing["minute"]) < FRESH
    return is_fresh and standing["held"] == "S3" and standing["insideSince"] is not None


def _is_recent(incident: Values, now: datetime | None) -> bool:
    if incident["status"] in OPEN or now is None:
        return True
    return incident["resolvedAt"] is not None and now - moment(incident["resolvedAt"]) < SHOWN_AFTER


def _marks(incident: Values) -> list[Mark]:
    entries = [edge["node"] for edge in incident["timeline"]["edges"]]
    return [
        Mark(MARKED[one["kind"]], moment(one["occurredAt"]), one["seq"])
        for one in entries
        if one["kind"] in MARKED
    ]


def _evidence(incident: Values) -> list[Values]:
    """What the decisions saw of trend lines, the oldest first."""
    return [one["evidence"]["trend"] for one in incident["severityDecisions"] if "trend" in one["evidence"]]


def _line(kept: Values) -> Values:
    """What a decision kept of a line, in GraphQL's words."""
    points = kept["points"]
    columns = {name: [one[name] for one in points] for name in ("value", "expected", "spread")}
    words = {name: kept[name] for name in ("stream", "ratio", "value", "expected", "spread", "slope")}
    return words | {
        "state": kept["state"].upper(),
        "countsAs": kept["counts_as"].upper(),
        "kind": kept["kind"].upper(),
        "threshold": kept["threshold"],
        "finding": kept["finding"],
        "series": {"begins": points[0]["at"], **columns},
    }
