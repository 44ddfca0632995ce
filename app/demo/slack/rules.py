"""Slack's published rules for a message, written down a second time and apart from our client.

Source: Slack documentation, "Block Kit: Blocks", "Block elements", "Composition objects: Text".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]
MAX_BLOCKS = 50
MAX_TEXT = 40_000
TEXT_LIMITS = {"section": 3000, "header": 150, "context": 3000, "button": 75}
BUTTON_LIMITS = {"action_id": 255, "value": 2000, "url": 3000}
MAX_ELEMENTS = {"context": 10, "actions": 25}


def complaint(message: Any) -> str | None:
    """Name what Slack would answer to a message that it does not take: `no_text`, `invalid_blocks`…"""
    if not isinstance(message, dict):
        return "invalid_payload"
    text, blocks = message.get("text", ""), message.get("blocks", [])
    if not isinstance(text, str) or not isinstance(blocks, list) or len(text) > MAX_TEXT:
        return "invalid_payload"
    if not text.strip() and not blocks:
        return "no_text"
    return "invalid_blocks" if len(blocks) > MAX_BLOCKS or any(map(_is_wrong, blocks)) else None


def _is_wrong(block: Any) -> bool:
    return not isinstance(block, dict) or any(_complaints(block))


def _complaints(block: Json) -> Iterator[str]:
    kind = block.get("type")
    if kind in ("section", "header"):
        yield from _text(block.get("text"), TEXT_LIMITS[kind])
    elif kind in MAX_ELEMENTS:
        elements = block.get("elements")
        if not isinstance(elements, list) or not 0 < len(elements) <= MAX_ELEMENTS[kind]:
            yield f"{kind}: number of elements"
            return
        for one in elements:
            yield from _text(one, TEXT_LIMITS["context"]) if kind == "context" else _button(one)
    elif kind != "divider":
        yield f"unknown block {kind!r}"


def _text(text: Any, limit: int) -> Iterator[str]:
    if not isinstance(text, dict) or text.get("type") not in ("mrkdwn", "plain_text"):
        yield "no text object"
    elif not isinstance(text.get("text"), str) or not 0 < len(text["text"]) <= limit:
        yield f"a text must have 1 to {limit} characters"


def _button(button: Any) -> Iterator[str]:
    if not isinstance(button, dict) or button.get("type") != "button":
        yield "no button"
        return
    yield from _text(button.get("text"), TEXT_LIMITS["button"])
    for name, limit in BUTTON_LIMITS.items():
        value = button.get(name, "")
        if not isinstance(value, str) or len(value) > limit:
            yield f"{name} must have at most {limit} characters"
    if urlsplit(str(button.get("url", "https:"))).scheme not in ("http", "https"):
        yield "url is no address"
    if button.get("style", "primary") not in ("primary", "danger"):
        yield "style"
