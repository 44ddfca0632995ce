"""Shifts as a calendar that programs subscribe to. Source: RFC 5545.

Times are UTC, so that no zone has to be described. A shift keeps its `UID` as long as it begins when it does;
whatever else changes raises its `SEQUENCE`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from app.incidents.on_call.shifts import Entry
from app.incidents.on_call.words import ShiftSource

CONTENT_TYPE: Final = "text/calendar; charset=utf-8"
LONGEST_LINE: Final = 75  # octets, without the line break: section 3.1
OPEN: Final = timedelta(weeks=4)  # how long a shift without an end is drawn
SEQUENCES: Final = 2**31  # an INTEGER's: section 3.3.8
ESCAPES: Final = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


def calendar(name: str, entries: Sequence[Entry], base_url: str) -> bytes:
    """Write the calendar: the same bytes for the same shifts."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Opsbook//On call//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_text(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
        *(line for entry in entries for line in _event(entry, base_url)),
        "END:VCALENDAR",
    ]
    return b"".join(_folded(line) for line in lines)


def _event(entry: Entry, base_url: str) -> Iterator[str]:
    role = entry.role.value.replace("_", " ")
    ends = entry.ends_at or entry.planned_at + OPEN
    host = base_url.partition("://")[2].strip("/") or "opsbook"
    kind = "pagerduty." if entry.source is ShiftSource.PAGERDUTY else ""
    yield "BEGIN:VEVENT"
    yield f"UID:{kind}{entry.role.value}.{_moment(entry.begins_at)}@{host}"
    yield f"SEQUENCE:{entry.number % SEQUENCES}"
    yield f"DTSTAMP:{_moment(entry.planned_at)}"
    yield f"LAST-MODIFIED:{_moment(entry.planned_at)}"
    yield f"DTSTART:{_moment(entry.begins_at)}"
    yield f"DTEND:{_moment(ends)}"
    yield f"SUMMARY:{_text(f'{entry.name} is on call ({role})')}"
    if entry.source is ShiftSource.COVER:
        yield "DESCRIPTION:Stands in for whoever has the turn."
    yield f"URL:{base_url.rstrip('/')}/on-call"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    return "".join(one for one in text if one.isprintable() or one == "\n").translate(ESCAPES)


def _folded(line: str) -> bytes:
    """End a line, and break one that is too long: never within a character."""
    return b"\r\n ".join(_pieces(line)) + b"\r\n"


def _pieces(line: str) -> Iterable[bytes]:
    piece, room = b"", LONGEST_LINE
    for character in line:
        octets = character.encode()
        if len(piece) + len(octets) > room:
            yield piece
            piece, room = b"", LONGEST_LINE - 1  # the blank that begins it counts
        piece += octets
    yield piece
