"""How the console writes the schema's words, people and browsers; and all filters that templates have."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup

from views import times

SEVERITIES = {
    "S0": "Platform-wide outage",
    "S1": "Core monetisation",
    "S2": "Degraded feature",
    "S3": "Informational",
}
PROVIDERS = {
    "pagerduty": "PagerDuty",
    "alertmanager": "Alertmanager",
    "cloudevents": "CloudEvents",
    "grafana": "Grafana",
    "json": "JSON",
    "mail": "E-mail",
    "slack": "Slack",
    "statuspage": "Statuspage",
}
DUTIES = {
    "policy_owner_loop_in": "Trust & Safety answers",
    "first_public_update": "First word to the community",
    "next_update": "Next word to the community",
    "next_enterprise_update": "Next word to enterprise customers",
}
HUES = (30, 90, 150, 210, 250, 330)
# Chrome calls itself Safari too, Edge calls itself both: the most particular sign comes first.
BROWSERS = (
    ("Edg/", "Edge"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def number(incident: int) -> str:
    """An incident's name: OPS-123."""
    return f"OPS-{incident}"


def words(name: str) -> str:
    """An enum's name or a key as words: `POLICY_OWNER` is `Policy owner`."""
    return name.replace("_", " ").replace(".", " ").strip().capitalize()


def initials(name: str) -> str:
    """At most two letters for an avatar."""
    parts = [part for part in name.replace("&", " ").split() if part[0].isalnum()]
    return "".join(part[0] for part in (parts[:1] + parts[1:][-1:])).upper()


def hue(name: str) -> int:
    """The same colour for the same name on every page."""
    return HUES[zlib.crc32(name.encode()) % len(HUES)]


def plain(value: object) -> str:
    """A JSON value as text: strings bare, the rest as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def containing(places: Iterable[Any], typed: str) -> list[Any]:
    """The places whose title contains what was typed, whatever its capitals."""
    return [place for place in places if typed.strip().lower() in place.title.lower()]


def pairs(names: Iterable[str]) -> list[tuple[str, str, str]]:
    """Names as the options of a choice: value, label, no hint."""
    return [(name, name, "") for name in names]


def browser(agent: str) -> str:
    """A browser and its system from its User-Agent: `Firefox on Linux`."""
    maker = next((name for sign, name in BROWSERS if sign in agent), "Unknown browser")
    system = next((name for sign, name in SYSTEMS if sign in agent), None)
    return f"{maker} on {system}" if system else maker


def wrong(errors: Iterable[Mapping[str, Any]], field: str) -> str:
    """What is wrong with a field, or nothing."""
    return next((error["message"] for error in errors if error["field"] == field), "")


def after(text: str, start: str) -> str:
    """What follows `start` in a text that begins with it."""
    return text.removeprefix(start)


def duty(kind: str) -> str:
    """What is owed by a certain time, in words."""
    return DUTIES.get(kind, words(kind))


def prose(html: str) -> Markup:
    """A message's text, which `app.templates` made of Markdown and escaped."""
    return Markup(html)  # noqa: S704 - nothing else becomes HTML this way


def provider(name: str) -> str:
    """A provider as its makers write it."""
    return PROVIDERS.get(name, words(name))


def host(address: str) -> str:
    """The host of an address, which says in short where a link leads."""
    return urlsplit(address).hostname or address


FILTERS: Mapping[str, Callable[..., object]] = {
    "about": times.about,
    "after": after,
    "browser": browser,
    "clock": times.clock,
    "containing": containing,
    "date": times.date,
    "days": times.days,
    "duration": times.duration,
    "duty": duty,
    "host": host,
    "hue": hue,
    "initials": initials,
    "iso": times.iso,
    "lasted": times.lasted,
    "minute": times.minute,
    "moment": times.moment,
    "number": number,
    "pairs": pairs,
    "plain": plain,
    "prose": prose,
    "provider": provider,
    "since": times.since,
    "stamp": times.stamp,
    "until": times.until,
    "weekday": times.weekday,
    "words": words,
    "wrong": wrong,
}
