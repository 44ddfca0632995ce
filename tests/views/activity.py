"""The activity page's contexts, as its handler makes them of GraphQL's answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.views.rows import FEED
from tests.views.samples import START, at, connection, frame
from views.activity import Asked, context_of

MINUTE = timedelta(minutes=1)
BEGIN = START.replace(second=0)
STATES = ("COLLAPSE", "DROP", "SURGE", "SHIFT", "NORMAL", "LEARNING")
COUNTS = [
    {"stream": "checkout", "kind": "checkout.completed", "events": "124000"},
    {"stream": "incidents", "kind": "incident.paged", "events": "3"},
    {"stream": "security", "kind": "token.create", "events": "1"},
]


def point(back: int, value: float, expected: float | None = 312) -> dict[str, Any]:
    """One minute."""
    spread = None if expected is None else 18.0
    return {"at": (BEGIN - back * MINUTE).isoformat(), "value": value, "expected": expected, "spread": spread}


def series(points: list[dict[str, Any]]) -> dict[str, Any]:
    """Minutes in columns."""
    columns = {name: [one[name] for one in points] for name in ("value", "expected", "spread")}
    return {"begins": points[0]["at"], **columns}


def line(stream: str = "checkout", state: str = "DROP", minutes: int = 120, **changes: Any) -> dict[str, Any]:
    """A trend line that falls in its last five minutes."""
    values = [300 + back % 7 * 5 if back > 5 else 128 for back in range(minutes, 0, -1)]
    points = [point(minutes - n, value) for n, value in enumerate(values)]
    made = {
        "stream": stream,
        "state": state,
        "countsAs": state,
        "ratio": 0.41,
        "value": 128.0,
        "expected": 312.0,
        "spread": 18.0,
        "slope": -4.2,
        "finding": f"{stream} is at 41 % of a usual Monday 04:00 UTC (expected 312 ± 18, saw 128 a minute)",
        "kind": "ACTIVITY",
        "scope": "MONETISATION",
        "core": True,
        "threshold": 60.0,
        "series": series(points),
    }
    return made | changes


def learning(stream: str = "deploys") -> dict[str, Any]:
    """A stream without history."""
    points = [point(60 - n, n % 2, None) for n in range(60)]
    nothing = dict.fromkeys(("ratio", "expected", "spread", "threshold", "scope"))
    return line(stream, "LEARNING") | nothing | {"series": series(points), "slope": 0.0, "value": 0.5}


def page(asked: Asked, lines: list[Any], feed: list[Any], more: str = "") -> dict[str, Any]:
    """What the page is rendered with."""
    answer = {
        "trends": lines,
        "activityCounts": COUNTS if lines else [],
        "activity": connection(feed, more=more),
        "incidents": {"nodes": [{"number": 2417, "triggeredAt": at(-300)}]},
    }
    return {"frame": frame(section="activity"), **context_of(frame(), answer, asked, {})}


STREAM = {
    "name": "checkout",
    "kind": "ACTIVITY",
    "scope": "MONETISATION",
    "core": True,
    "threshold": 60.0,
    "version": 3,
    "changedAt": at(-90000),
    "changedBy": "Olive Okafor",
    "reason": "Below that a region is gone",
}
GIVEN = {"kind": "ACTIVITY", "scope": "MONETISATION", "core": "core", "threshold": "60", "reason": ""}
PREVIEW = {"days": 30, "count": 2, "at": [at(-900000), at(-90000)]}
FORM = {
    "frame": frame(section="activity"),
    "stream": STREAM,
    "given": GIVEN,
    "errors": [],
    "preview": PREVIEW,
}

ACTIVITY: dict[str, tuple[str, dict[str, Any]]] = {
    "activity": (
        "activity/page.html",
        page(Asked(), [*(line(state.lower(), state, 60) for state in STATES), learning()], FEED, more="c2"),
    ),
    "activity-stream": ("activity/page.html", page(Asked("checkout"), [line()], FEED[:1])),
    "activity-minute": (
        "activity/page.html",
        page(
            Asked("payments-failed", "payment_intent.failed", BEGIN - 3 * MINUTE),
            [line("payments-failed", "SURGE", kind="FAILURE", countsAs="DROP")],
            FEED[:2],
        ),
    ),
    "activity-learning": ("activity/page.html", page(Asked("deploys"), [learning()], [])),
    "activity-empty": ("activity/page.html", page(Asked(), [], [])),
    "stream": ("activity/stream.html", FORM),
    "stream-wrong": (
        "activity/stream.html",
        FORM
        | {
            "stream": STREAM | {"changedBy": None},
            "given": GIVEN | {"threshold": "few", "core": ""},
            "preview": None,
            "errors": [
                {"field": "threshold", "message": "Write a number a minute, such as 20."},
                {"field": "reason", "message": "Say why."},
            ],
        },
    ),
}
