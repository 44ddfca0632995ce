"""Which alerts a call is about: the one in its title, and those that it stands for besides.

A title is `[OPS-7·1] S2: alert-3 broke`, or `… broke (+2 more incidents: https://…)`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

ENDING = " broke"


def first(title: str) -> str:
    """The alert that a title is about."""
    return _alert(title.partition(" (+")[0])


def called(body: Mapping[str, Any]) -> Sequence[str]:
    """All alerts that a call is about."""
    payload = body.get("payload", {})
    others = payload.get("custom_details", {}).get("stands_for", ())
    return [first(payload.get("summary", "")), *map(_alert, others)]


def _alert(line: str) -> str:
    return line.partition(": ")[2].removesuffix(ENDING)
