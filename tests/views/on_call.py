"""Contexts for the pages of on-call: an operator's rota with a cover, a commander's with a gap, no third."""

from __future__ import annotations

from typing import Any

from tests.views.samples import at, frame
from views.on_call.lanes import lanes

Json = dict[str, Any]
DAY = 86_400.0


def shift(role: str, name: str, begins: float, ends: float | None, source: str = "ROTA") -> Json:
    """A shift, in days from now."""
    return {
        "role": role,
        "name": name,
        "source": source,
        "beginsAt": at(begins * DAY),
        "endsAt": None if ends is None else at(ends * DAY),
    }


SHIFTS = [
    shift("OPERATOR", "Mara Okafor", -2, 5),
    shift("OPERATOR", "Wren Castellan", 5, 9),
    shift("OPERATOR", "Mara Okafor", 9, 11, "COVER"),
    shift("OPERATOR", "Wren Castellan", 11, 12),
    shift("OPERATOR", "Mara Okafor", 12, 33),
    shift("INCIDENT_COMMANDER", "Ivan Petrov", 4, None, "PAGERDUTY"),
]
ROTA: Json = {
    "role": "OPERATOR",
    "handoverDay": "MONDAY",
    "handoverTime": "09:00",
    "timeZone": "Europe/Berlin",
    "setAt": at(-9 * DAY),
    "setBy": "Ada",
    "members": [{"name": "Mara Okafor"}, {"name": "Wren Castellan"}],
}
COVER: Json = {
    "id": "cover_1",
    "role": "OPERATOR",
    "beginsAt": at(9 * DAY),
    "endsAt": at(11 * DAY),
    "madeBy": "Wren Castellan",
    "toldAt": None,
    "lastError": "Nobody there has their address.",
    "person": {"name": "Mara Okafor"},
}
ANSWER: Json = {
    "onCall": [
        {**SHIFTS[0], "person": {"email": "mara@example.com"}},
        {**SHIFTS[5], "person": None},
    ],
    "onCallShifts": {"nodes": SHIFTS},
    "rotas": [ROTA],
    "onCallCovers": [COVER],
}
CALENDARS = {True: {"id": "calendar_1", "everybody": True, "madeAt": at(0), "lastReadAt": None}}
NOBODY: Json = {"onCall": [], "onCallShifts": {"nodes": []}, "rotas": [], "onCallCovers": []}
AROUND = frame(section="on_call")
FORM: Json = {
    "frame": AROUND,
    "role": "OPERATOR",
    "title": "On-call operator",
    "people": [{"id": "person_1", "name": "Mara Okafor"}, {"id": "person_2", "name": "Wren Castellan"}],
    "errors": [],
}
TURNS: Json = {
    "given": {
        "memberIds": ["person_2"],
        "handoverDay": "MONDAY",
        "handoverTime": "09:00",
        "timeZone": "UTC",
    },
    "places": range(2),
    "zones": ("Europe/Berlin", "UTC"),
    "days": [{"id": "MONDAY", "name": "Monday"}],
}


def _page(answer: Json) -> Json:
    shown = {"frame": AROUND, "lanes": lanes(AROUND, answer), "covers": answer["onCallCovers"]}
    return {**shown, "calendars": CALENDARS}


PAGES: dict[str, tuple[str, Json]] = {
    "on-call": ("on_call/page.html", _page(ANSWER)),
    "on-call-nobody": ("on_call/page.html", _page(NOBODY)),
    "cover": (
        "on_call/cover.html",
        FORM | {"given": {"personId": "person_1", "beginsAt": "", "endsAt": ""}},
    ),
    "calendar": (
        "on_call/calendar.html",
        {"frame": AROUND, "url": "https://ops.example/on-call/s.ics", "everybody": False},
    ),
    "rota": ("on_call/rota.html", FORM | TURNS),
    "rota-wrong": (
        "on_call/rota.html",
        FORM | TURNS | {"people": [], "errors": [{"field": "memberIds", "message": "Name each once."}]},
    ),
}
