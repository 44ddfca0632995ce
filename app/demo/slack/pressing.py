"""Presses buttons as people do, and tells the application: signed, once, and with 3 seconds of patience.

Source: Slack documentation, "Verifying requests from Slack", "Handling user interaction", "block_actions
payload".
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal
from urllib.parse import urlencode

from app.demo.slack.channel import OLIVE, Channel, Message, Person
from app.outside import http

ANSWER_WITHIN = timedelta(seconds=3)


@dataclass(slots=True)
class Trouble:
    """How presses arrive. `age`: how long ago the signature says it was made; `copies` are sent in a row."""

    late_seconds: float = 0.0
    copies: int = 1
    signature: Literal["right", "wrong", "missing"] = "right"
    age: timedelta = field(default_factory=timedelta)


@dataclass(slots=True)
class Pressing:
    """The application's interactivity: where presses go, and the secret that signs them."""

    channel: Channel
    signing_secret: str = field(repr=False)
    url: str | None = None
    site: str = ""
    trouble: Trouble = field(default_factory=Trouble)
    answers: list[int | str] = field(default_factory=list)
    client: http.Client | None = field(default=None, repr=False)

    async def press(self, message: Message, action_id: str, person: Person = OLIVE) -> int | str | None:
        """Press a button; gives the application's last answer, a status or the kind of failure."""
        button = next(one for one in message.buttons if one["action_id"] == action_id)
        body = urlencode({"payload": self.written(message, button, person)}).encode()
        return await self.send(body)

    async def send(self, body: bytes) -> int | str | None:
        """Send any body, signed like the rest."""
        await asyncio.sleep(self.trouble.late_seconds)
        for _ in range(self.trouble.copies):
            await self._attempt(body)
        return self.answers[-1] if self.answers else None

    def written(self, message: Message, button: Any, person: Person = OLIVE) -> str:
        """Write what the application is told of a press."""
        return json.dumps(self._payload(message, button, person))

    def headers(self, body: bytes) -> dict[str, str]:
        """Sign a body as of now, or as trouble wants it."""
        timestamp = str(int((self.channel.clock.now() - self.trouble.age).timestamp()))
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": timestamp,
        }
        signed = hmac.digest(self.signing_secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256)
        signature = {"right": signed.hex(), "wrong": "0" * 64}.get(self.trouble.signature)
        return headers | ({"X-Slack-Signature": f"v0={signature}"} if signature else {})

    async def _attempt(self, body: bytes) -> None:
        if self.client is None or self.url is None:
            return
        answer = await self.client.send(
            "POST", self.url, headers=self.headers(body), body=body, within=ANSWER_WITHIN
        )
        self.answers.append(answer.kind if isinstance(answer, http.Failure) else answer.status)

    def _payload(self, message: Message, button: Any, person: Person) -> dict[str, Any]:
        now = self.channel.clock.now().timestamp()
        value = {"value": button["value"]} if "value" in button else {}
        return {
            "type": "block_actions",
            "user": {"id": person.id, "username": person.name, "name": person.name, "team_id": "T0ACME"},
            "api_app_id": "A0OPSBOOK",
            "token": "deprecated",
            "container": {"type": "message", "message_ts": message.ts, "channel_id": "C0INCIDENTS"},
            "trigger_id": f"{int(now)}.1.abc",
            "team": {"id": "T0ACME", "domain": "acme"},
            "enterprise": None,
            "is_enterprise_install": False,
            "channel": {"id": "C0INCIDENTS", "name": "incidents"},
            "message": {"type": "message", "ts": message.ts, **message.content},
            "state": {"values": {}},
            "response_url": f"{self.site}{self.channel.answer_path(message)}",
            "actions": [
                {
                    "type": "button",
                    "action_id": button["action_id"],
                    "block_id": "b1",
                    "text": button["text"],
                    "action_ts": f"{now:.6f}",
                    **value,
                }
            ],
        }
