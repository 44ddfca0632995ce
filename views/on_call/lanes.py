"""A role's weeks ahead as one strip: who is on call when, drawn to time, and where nobody is.

The bars are placed in per cent of an SVG without a view box: they stretch with their box, words do not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from markupsafe import Markup

from views.charts import label
from views.formats import hue
from views.frame import Frame
from views.times import moment

WEEKS = 4
SPAN = timedelta(weeks=WEEKS)
WIDE_ENOUGH = 4.0  # per cent: what is narrower has no room for a name
TITLES = {
    "OPERATOR": "On-call operator",
    "INCIDENT_COMMANDER": "Incident commander",
    "POLICY_OWNER": "Policy owner",
}


@dataclass(frozen=True, slots=True)
class Turn:
    """Somebody's time, or, without a name, a gap."""

    name: str
    source: str
    begins_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Lane:
    """All there is to see of one role."""

    role: str
    title: str
    now: Mapping[str, Any] | None
    rota: Mapping[str, Any] | None
    turns: Sequence[Turn]
    strip: Markup

    @property
    def path(self) -> str:
        """The role as a part of an address."""
        return self.role.lower()

    @property
    def gaps(self) -> int:
        """How often nobody is on call."""
        return sum(not turn.name for turn in self.turns)


def lanes(frame: Frame, answer: Mapping[str, Any]) -> list[Lane]:
    """Lay out every role."""
    return [_lane(role, frame, answer) for role in TITLES]


def _lane(role: str, frame: Frame, answer: Mapping[str, Any]) -> Lane:
    assert frame.now is not None  # noqa: S101 - who looks at this page has signed in
    nodes = [one for one in answer["onCallShifts"]["nodes"] if one["role"] == role]
    told = [one for one in nodes if one["source"] == "PAGERDUTY"]
    turns = _turns(told or nodes, frame.now, frame.now + SPAN)
    return Lane(
        role=role,
        title=TITLES[role],
        now=_of(role, answer["onCall"]),
        rota=_of(role, answer["rotas"]),
        turns=turns,
        strip=_strip(TITLES[role], turns, frame),
    )


def _of(role: str, found: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    return next((one for one in found if one["role"] == role), None)


def _turns(nodes: Sequence[Mapping[str, Any]], now: datetime, end: datetime) -> list[Turn]:
    """The shifts from now on, and the gaps between them."""
    found: list[Turn] = []
    free = now
    for one in nodes:
        begins, ends = moment(one["beginsAt"]), moment(one["endsAt"]) if one["endsAt"] else None
        if begins > free:
            found.append(Turn("", "", free, begins))
        found.append(Turn(one["name"], one["source"], begins, ends))
        free = max(free, ends or end)
    return [*found, Turn("", "", free, end)] if free < end else found


def _strip(title: str, turns: Sequence[Turn], frame: Frame) -> Markup:
    bars = Markup("").join(_bar(turn, frame) for turn in turns)
    weeks = [frame.now + timedelta(weeks=week) for week in range(WEEKS)] if frame.now else []
    dates = Markup("").join(
        label(f"{25 * number}%", "96%", "Now" if number == 0 else _day(at, frame))
        for number, at in enumerate(weeks)
    )
    return Markup('<svg class="turns" role="img" aria-label="{}: the next four weeks">{}{}</svg>').format(
        title, bars, dates
    )


def _bar(turn: Turn, frame: Frame) -> Markup:
    begins, ends = _share(turn.begins_at, frame), _share(turn.ends_at, frame)
    if ends <= begins:
        return Markup("")
    name = turn.name or "Nobody"
    kind = Markup('data-hue="{}"').format(hue(turn.name)) if turn.name else Markup('class="gap"')
    text = label("8", "62%", name) if ends - begins > WIDE_ENOUGH else Markup("")
    # An SVG of its own, so that a name that is longer than the bar is cut off at its end.
    bar = Markup(
        '<svg {} x="{}%" width="{}%" height="62%"><title>{}</title>'
        '<rect width="100%" height="100%" rx="6"/>{}</svg>'
    )
    return bar.format(kind, f"{begins + 0.1:.2f}", f"{ends - begins - 0.2:.2f}", name, text)


def _share(at: datetime | None, frame: Frame) -> float:
    """How far a moment lies in the strip, in per cent; what has no end goes on to its end."""
    if at is None or frame.now is None:
        return 100.0
    return min(max(100 * ((at - frame.now) / SPAN), 0.0), 100.0)


def _day(at: datetime, frame: Frame) -> str:
    here = at.astimezone(frame.zone)
    return f"{here.day} {here:%b}"
