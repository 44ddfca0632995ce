"""Contexts of the admin tools: what failed, and what a replay would make of it."""

from __future__ import annotations

from typing import Any

from tests.views.samples import at, connection, frame
from tests.views.senders import MAPPED_ALERTS

FAILED: dict[str, Any] = {
    "id": "delivery_3",
    "receivedAt": at(0),
    "times": 12,
    "error": "The mapping reads alert.name, and there is nothing. Change one of them.",
    "body": '{"alert": {"title": "The disk is full", "uid": 7}}',
    "source": {"id": "source_2", "name": "shop", "format": "json"},
}
EMPTY = FAILED | {
    "id": "delivery_2",
    "times": 1,
    "body": "",
    "error": "The body is empty. Send a JSON object.",
}
READ: dict[str, Any] = {
    "deliveryId": "delivery_3",
    "source": "shop",
    "wasReplayed": False,
    "error": None,
    "alertCount": 30,
    "alerts": MAPPED_ALERTS,
}
STILL = READ | {"deliveryId": "delivery_2", "error": EMPTY["error"], "alertCount": 0, "alerts": []}
TOOLS: dict[str, Any] = {
    "frame": frame(section="tools"),
    "deliveries": connection([FAILED, EMPTY], more="c3"),
    "chosen": (),
    "replays": (),
    "errors": (),
}
WRONG = [{"field": "ids", "message": "Choose 1 to 100 deliveries."}]
PREVIEWED = {"chosen": ["delivery_3"], "replays": [READ, STILL, STILL | {"error": None, "wasReplayed": True}]}

PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "tools": ("admin/tools.html", TOOLS),
    "tools-none": ("admin/tools.html", TOOLS | {"deliveries": connection([])}),
    "tools-wrong": ("admin/tools.html", TOOLS | {"errors": WRONG}),
    "tools-preview": ("admin/tools.html", TOOLS | PREVIEWED),
}
