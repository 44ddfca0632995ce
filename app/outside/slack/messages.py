"""Messages as Slack's Block Kit wants them: escaped, and cut to what it takes.

Source: Slack documentation, "Block Kit: Blocks", "Button element", "Formatting message text".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NewType

from app.outside.clipping import clipped

MAX_BLOCKS = 50
MAX_TEXT = 3000
MAX_CONTEXTS = 10
MAX_BUTTONS = 25
MAX_LABEL = 75
MAX_VALUE = 2000
MAX_ACTION_ID = 255
MAX_URL = 3000
LEFT_OUT = "The rest is on the incident's page."

Mrkdwn = NewType("Mrkdwn", str)
"""Text in Slack's markup. `plain`, `bold` and `link` make it, and what they are given cannot add to it."""

_HALF = re.compile(r"(&[a-z]{0,3}|<[^>]*)$")


@dataclass(frozen=True, slots=True)
class Button:
    """A button: with `action_id` and `value` it comes back to us, with `url` it opens a page."""

    label: str
    action_id: str
    value: str = ""
    url: str = ""
    style: Literal["primary", "danger"] | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A message. `text` stands in notifications and wherever blocks do not show."""

    text: str
    sections: Sequence[Mrkdwn] = field(default=(), repr=False)
    context: Sequence[Mrkdwn] = field(default=(), repr=False)
    buttons: Sequence[Button] = field(default=(), repr=False)


def plain(text: str) -> Mrkdwn:
    """Escape a text, so that it can call nobody: `<!channel>` is shown as it stands."""
    return Mrkdwn(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


def bold(text: str) -> Mrkdwn:
    """Set a line in bold; asterisks in it would end that."""
    return Mrkdwn(f"*{plain(' '.join(text.replace('*', '∗').split()))}*")


def link(url: str, label: str) -> Mrkdwn:
    """Link a label to an address."""
    address = plain(url).replace("|", "%7C")
    return Mrkdwn(f"<{address}|{plain(label.replace('|', '¦'))}>")


def joined(*parts: Mrkdwn, between: str = " ") -> Mrkdwn:
    """Put parts into one text."""
    return Mrkdwn(between.join(parts))


def written(message: Message) -> dict[str, Any]:
    """Write the message so that Slack takes it: what does not fit is cut, the buttons never."""
    ending = [*_context(message.context), *_actions(message.buttons)]
    sections = [_section(one) for one in message.sections if one.strip()]
    room = MAX_BLOCKS - len(ending)
    if len(sections) > room:
        sections = [*sections[: room - 1], _section(plain(LEFT_OUT))]
    blocks = [*sections, *ending]
    return {
        "text": cut(plain(message.text)) or " ",
        **({"blocks": blocks} if blocks else {}),
        "unfurl_links": False,
        "unfurl_media": False,
    }


def cut(text: Mrkdwn, limit: int = MAX_TEXT) -> Mrkdwn:
    """Cut to `limit` characters, leaving no half of an escaped character or of a link."""
    if len(text) <= limit:
        return text
    return Mrkdwn(_HALF.sub("", text[: limit - 1]) + "…")


def _section(text: Mrkdwn) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": cut(text)}}


def _context(texts: Sequence[Mrkdwn]) -> list[dict[str, Any]]:
    elements = [{"type": "mrkdwn", "text": cut(one)} for one in texts if one.strip()][:MAX_CONTEXTS]
    return [{"type": "context", "elements": elements}] if elements else []


def _actions(buttons: Sequence[Button]) -> list[dict[str, Any]]:
    elements = [_button(one) for one in buttons[:MAX_BUTTONS]]
    return [{"type": "actions", "elements": elements}] if elements else []


def _button(one: Button) -> dict[str, Any]:
    label = {"type": "plain_text", "text": clipped(one.label, MAX_LABEL), "emoji": True}
    shown: dict[str, Any] = {"type": "button", "text": label, "action_id": one.action_id[:MAX_ACTION_ID]}
    # Half a value or half an address would be a wrong one: too long, they are left out.
    if one.value and len(one.value) <= MAX_VALUE:
        shown["value"] = one.value
    if one.url and len(one.url) <= MAX_URL:
        shown["url"] = one.url
    if one.style:
        shown["style"] = one.style
    return shown
