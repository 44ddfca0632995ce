"""A channel with its messages, and the addresses at which a message can be written over."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.demo.loopback.clock import Clock

MAX_USES = 5
GOOD_FOR = timedelta(minutes=30)
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the workspace."""

    id: str
    name: str


OLIVE = Person("U0OLIVE", "olive.okafor")


@dataclass(slots=True)
class Message:
    """A message as it shows now. `ts` names it: Slack knows messages by their time."""

    ts: str
    content: Json
    is_rewritten: bool = False

    @property
    def text(self) -> str:
        """What notifications show."""
        return str(self.content.get("text", ""))

    @property
    def buttons(self) -> list[Json]:
        """The buttons that show."""
        blocks = [one for one in self.content.get("blocks", []) if one["type"] == "actions"]
        return [button for block in blocks for button in block["elements"]]


@dataclass(slots=True)
class Answerable:
    """One press's address for answers: good for half an hour and five answers."""

    message: Message
    until: datetime
    uses: int = 0


@dataclass(slots=True)
class Channel:
    """What is said in it. Archived, it takes nothing more."""

    clock: Clock = field(default_factory=Clock)
    messages: list[Message] = field(default_factory=list)
    is_archived: bool = False
    answerable: dict[str, Answerable] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1), repr=False)

    def say(self, content: Json) -> Message:
        """Add a message."""
        ts = f"{int(self.clock.now().timestamp())}.{next(self._numbers):06}"
        message = Message(ts, content)
        self.messages.append(message)
        return message

    def answer_path(self, message: Message) -> str:
        """Make an address for answers to one press."""
        key = secrets.token_hex(12)
        self.answerable[key] = Answerable(message, self.clock.now() + GOOD_FOR)
        return f"/actions/T0ACME/{key}"

    def answer(self, key: str, content: Json) -> str | None:
        """Take an answer: over the message, or as a new one. Gives what is wrong instead."""
        found = self.answerable.get(key)
        if found is None or found.until < self.clock.now():
            return "expired_url"
        if found.uses >= MAX_USES:
            return "used_url"
        found.uses += 1
        if content.get("replace_original") is True:
            found.message.content, found.message.is_rewritten = content, True
        else:
            self.say(content)
        return None
