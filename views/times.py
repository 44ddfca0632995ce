"""Times and durations as the console writes them: in the viewer's zone, with UTC for whoever hovers.

GraphQL answers are decoded JSON, so moments arrive as RFC 3339 text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

UNITS = ((timedelta(days=1), "d"), (timedelta(hours=1), "h"), (timedelta(minutes=1), "min"))


def moment(text: str | datetime) -> datetime:
    """Read RFC 3339 text; a datetime passes."""
    return text if isinstance(text, datetime) else datetime.fromisoformat(text)


def zone(name: str | None) -> ZoneInfo:
    """The viewer's time zone, or UTC when the cookie is absent or names none."""
    try:
        return ZoneInfo(name or "UTC")
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return ZoneInfo("UTC")


def iso(at: str | datetime) -> str:
    """RFC 3339 in UTC, to the second, for attributes."""
    return f"{moment(at).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def duration(length: timedelta | float) -> str:
    """A length as a stopwatch says it, `5:00` or `1:02:03`; a bare number is seconds."""
    seconds = int(length.total_seconds() if isinstance(length, timedelta) else length)
    hours, minutes, rest = max(seconds, 0) // 3600, max(seconds, 0) // 60 % 60, max(seconds, 0) % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def lasted(seconds: float | None) -> str:
    """A length that may not be known yet, in seconds: a stopwatch's words, or a dash."""
    return "-" if seconds is None else duration(seconds)


def about(length: timedelta) -> str:
    """A length in its one largest unit: `2 h`, `3 d`, `less than a minute`."""
    for unit, word in UNITS:
        if length >= unit:
            return f"{length // unit} {word}"
    return "less than a minute"


def _element(at: datetime, text: str) -> Markup:
    title = f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(iso(at), title, text)


def _written(pattern: str) -> Callable[[Context, str | datetime], Markup]:
    @pass_context
    def write(context: Context, at: str | datetime) -> Markup:
        local = moment(at).astimezone(context["frame"].zone)
        text = local.strftime(pattern)
        return _element(local, text.removeprefix("0") if pattern.startswith("%d") else text)

    return write


clock = _written("%H:%M:%S")
minute = _written("%H:%M")
date = _written("%d %b %Y")
stamp = _written("%d %b %Y, %H:%M")
weekday = _written("%a %d %b, %H:%M")


@pass_context
def since(context: Context, at: str | datetime) -> Markup:
    """How long ago, as of the page's own time: `2 h ago`."""
    past = context["frame"].now - moment(at)
    text = f"{about(past)} ago" if past >= timedelta(minutes=1) else "just now"
    return _element(moment(at), text)


@pass_context
def until(context: Context, at: str | datetime) -> Markup:
    """How long from now, as of the page's own time: `in 3 d`."""
    ahead = moment(at) - context["frame"].now
    text = f"in {about(ahead)}" if ahead > timedelta() else f"{about(-ahead)} ago"
    return _element(moment(at), text)


@pass_context
def day(context: Context, at: str | datetime) -> str:
    """The calendar day in the viewer's zone, in words for the day itself and the one before."""
    zone_here = context["frame"].zone
    here, today = moment(at).astimezone(zone_here).date(), context["frame"].now.astimezone(zone_here).date()
    near = {0: "Today", 1: "Yesterday"}.get((today - here).days)
    return near or f"{here:%A}, {here.day} {here:%B %Y}"


@pass_context
def days(context: Context, nodes: Iterable[Mapping[str, Any]]) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """Group nodes, or edges of nodes, by the calendar day of their `occurredAt`, in the order given."""
    grouped = groupby(nodes, key=lambda one: day(context, one.get("node", one)["occurredAt"]))
    return [(title, list(those)) for title, those in grouped]
