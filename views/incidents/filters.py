"""What the list of incidents is narrowed to: it stands in the address, the same for the page and the file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

NAMES = ("text", "severity", "status", "source", "from", "to")
DECLARED = "-"  # the source of what no source has sent; no name of one begins so
NUMBER = re.compile(r"(?:ops-)?(\d{1,9})", re.IGNORECASE)


def read(given: QueryParams) -> dict[str, str]:
    """What an address asks for, as it was typed; moments that are none are left out."""
    asked = {name: given.get(name, "").strip() for name in NAMES}
    return asked | {name: asked[name] if _moment(asked[name]) else "" for name in ("from", "to")}


def variables(asked: Mapping[str, str]) -> dict[str, Any]:
    """The same as the variables of an operation."""
    number = NUMBER.fullmatch(asked["text"])
    source = asked["source"]
    return {
        "text": f"OPS-{number[1]}" if number else asked["text"] or None,
        "severity": [asked["severity"]] if asked["severity"] else None,
        "status": [asked["status"]] if asked["status"] else None,
        "source": None if source in ("", DECLARED) else source,
        "declared": True if source == DECLARED else None,
        "from": asked["from"] or None,
        "to": asked["to"] or None,
    }


def query(asked: Mapping[str, str]) -> str:
    """The same as the query of an address, ready for one thing more: `?` or `?…&`."""
    found = urlencode({name: word for name, word in asked.items() if word}, safe=":")
    return f"?{found}&" if found else "?"


def chips(asked: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """What no field of the form shows: what it is, its value, and the address without it."""
    return [
        (name, asked[name], f"/incidents{query({**asked, name: ''})}".rstrip("?&"))
        for name in ("from", "to", "source")
        if asked[name]
    ]


def _moment(text: str) -> bool:
    try:
        found = datetime.fromisoformat(text)
        found.astimezone(UTC)
    except (ValueError, OverflowError):
        return False
    return found.tzinfo is not None
