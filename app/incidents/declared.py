"""What a source declares of its bodies: where each part of an alert stands. No expressions, no code."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from app.errors import InvalidInput
from app.outside import bodies

OPTIONAL = "?"
PATH = re.compile(r"[^.?=\s][^.?]{0,62}(\.[^.?\s][^.?]{0,62}){0,9}\??")

Action = Literal["trigger", "acknowledge", "resolve"]
Level = Literal["critical", "error", "warning", "info", "S0", "S1", "S2", "S3"]
Place = Annotated[str, Meta(max_length=200)]


class Declared(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where each part of an alert stands in a body.

    `alert.name` and `items.0.title` are paths, a path with `?` behind it may lead nowhere, and what follows
    a `=` is the text itself. `items` leads to a list of which each entry is an alert.
    """

    summary: Place
    dedup_key: Place
    items: Place = ""
    group_key: Place = ""
    status: Place = ""
    severity: Place = ""
    scope: Place = ""
    source: Place = ""
    component: Place = ""
    group: Place = ""
    class_: Place = msgspec.field(default="", name="class")
    timestamp: Place = ""
    link: Place = ""
    status_words: Annotated[dict[str, Action], Meta(max_length=100)] = {}
    severity_words: Annotated[dict[str, Level], Meta(max_length=100)] = {}


# What a source reads that declares nothing: the words of PagerDuty's Events API, flat.
DEFAULT = Declared(
    summary="summary",
    dedup_key="dedup_key",
    status="status?",
    severity="severity?",
    scope="scope?",
    source="source?",
    component="component?",
    group="group?",
    class_="class?",
    timestamp="timestamp?",
    link="link?",
)
DEFAULT_EXAMPLE = """\
{
  "dedup_key": "first",
  "summary": "First alert",
  "severity": "error",
  "status": "firing"
}"""
PLACES = tuple(field.encode_name for field in msgspec.structs.fields(Declared) if field.type == Place)


def declared(told: object) -> Declared:
    """Check what somebody declares.

    Raises: InvalidInput, whose `path` begins with `mapping`.
    """
    found = bodies.decode(msgspec.json.encode(told), Declared, at=("mapping",))
    places = msgspec.to_builtins(found)
    for name in PLACES:
        place = places.get(name, "")
        if place and constant(place) is None and not PATH.fullmatch(place):
            reason = "write a path such as alert.name or items.0.title, or = and the text itself"
            raise InvalidInput(f"{name}: {reason}.", path=("mapping", name))
    for name in ("summary", "dedup_key"):
        if not places[name].strip("= "):
            raise InvalidInput(f"{name}: every alert needs one.", path=("mapping", name))
    return found


def constant(place: str) -> str | None:
    """The text itself, where a place is none but says it."""
    return place[1:].strip() if place.startswith("=") else None
