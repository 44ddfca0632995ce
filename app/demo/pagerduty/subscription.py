"""Webhooks v3 going out: signed, in order for each incident, repeated until they are taken.

Source: PagerDuty developer documentation, "Webhooks": "Behavior" and "Verifying Signatures".
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Literal

from app.outside import http, signatures
from app.outside.schemes import PAGERDUTY

ANSWER_WITHIN = timedelta(seconds=5)
MAX_DROPS = 3
EVENTS = (
    "incident.acknowledged",
    "incident.reopened",
    "incident.resolved",
    "incident.triggered",
    "incident.unacknowledged",
)
Result = Literal["taken", "again", "dropped"]


@dataclass(frozen=True, slots=True)
class Webhook:
    """One webhook. Its id stays the same however often it is sent."""

    id: str
    resource: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One time that a webhook was sent, and what came back: a status or the kind of failure."""

    webhook_id: str
    answer: int | str


@dataclass(slots=True)
class Trouble:
    """How webhooks misbehave, as PagerDuty warns that they may."""

    copies: int = 1
    late_seconds: float = 0.0
    lose_first_answer: bool = False
    signature: Literal["right", "wrong", "missing"] = "right"
    unknown_types: bool = False


class Subscription:
    """The account's one webhook subscription. Needs a running event loop to send."""

    id = "PWHOOK1"

    def __init__(self, url: str | None, secrets: tuple[str, ...], client: http.Client | None = None) -> None:
        self.url = url
        self.secrets = secrets
        self.client = client
        self.active = True
        self.events: tuple[str, ...] = EVENTS
        self.disabled = False
        self.trouble = Trouble()
        self.retry_seconds: tuple[float, ...] = (1, 2, 4, 8, 15, 30) + (60,) * 48 * 60
        self.attempts: list[Attempt] = []
        self._drops = 0
        self._held: list[Webhook] | None = None
        self._queues: dict[str, deque[Webhook]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def send(self, resource: str, envelope: Mapping[str, Any]) -> None:
        """Queue one change behind the earlier ones of the same resource."""
        if self.trouble.unknown_types:
            self.send_raw(
                resource, b'{"event":{"event_type":"incident.moon_phase.changed","data":{"moon":"full"}}}'
            )
        self.send_raw(resource, json.dumps(envelope, ensure_ascii=False).encode())

    def send_raw(self, resource: str, body: bytes) -> None:
        """Queue any bytes; they are signed like the rest, and so they are authentic."""
        if self.url is None or self.disabled or not self.active:
            return
        webhook = Webhook(str(uuid.uuid4()), resource, body)
        if self._held is not None:
            self._held.append(webhook)
        else:
            self._enqueue(webhook)

    def hold(self) -> None:
        """Keep all webhooks back until they are released."""
        self._held = []

    def release(self, *, backwards: bool = False) -> None:
        """Send what was held back, in its order or against it."""
        held, self._held = self._held or [], None
        for webhook in reversed(held) if backwards else held:
            # one queue for all of them: apart they would race
            self._enqueue(replace(webhook, resource="released") if backwards else webhook)

    def enable(self) -> None:
        """Switch it on again after it was disabled."""
        self.disabled, self._drops = False, 0

    async def idle(self) -> None:
        """Wait until nothing is queued."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def stop(self) -> None:
        """Forget what is queued."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _enqueue(self, webhook: Webhook) -> None:
        queue = self._queues.setdefault(webhook.resource, deque())
        queue.append(webhook)
        if len(queue) == 1:
            task = asyncio.get_running_loop().create_task(self._work_off(webhook.resource, queue))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _work_off(self, resource: str, queue: deque[Webhook]) -> None:
        while queue:
            if not self.disabled:
                await self._deliver(queue[0])
            queue.popleft()
        self._queues.pop(resource, None)

    async def _deliver(self, webhook: Webhook) -> None:
        await asyncio.sleep(self.trouble.late_seconds)
        lose = self.trouble.lose_first_answer
        for wait in (*self.retry_seconds, 0):
            result = await self._attempt(webhook)
            if result == "taken" and not lose:
                self._drops = 0
                await self._send_copies(webhook)
                return
            if result == "dropped":
                break
            lose = False
            await asyncio.sleep(wait)
        self._count_drop()

    async def _send_copies(self, webhook: Webhook) -> None:
        for _ in range(self.trouble.copies - 1):
            await self._attempt(webhook)

    async def _attempt(self, webhook: Webhook) -> Result:
        if self.client is None or self.url is None:
            return "dropped"
        answer = await self.client.send(
            "POST", self.url, headers=self._headers(webhook), body=webhook.body, within=ANSWER_WITHIN
        )
        said = answer.kind if isinstance(answer, http.Failure) else answer.status
        self.attempts.append(Attempt(webhook.id, said))
        return _result(said)

    def _headers(self, webhook: Webhook) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "PagerDuty-Webhook/V3.0",
            "X-Webhook-Id": webhook.id,
            "X-Webhook-Subscription": self.id,
        }
        if self.trouble.signature == "right":
            signed = signatures.sign(PAGERDUTY, webhook.body, self.secrets, message_id=webhook.id, now=None)
            headers.update(signed)
        elif self.trouble.signature == "wrong":
            headers["X-PagerDuty-Signature"] = "v1=" + "0" * 64
        return headers

    def _count_drop(self) -> None:
        self._drops += 1
        if self._drops >= MAX_DROPS:
            self.disabled = True


def _result(said: int | str) -> Result:
    if said == "tls":
        return "dropped"
    if isinstance(said, str) or said >= 500 or said == 429:  # noqa: PLR2004 as the documentation writes them
        return "again"
    return "taken" if said < 300 else "dropped"  # noqa: PLR2004
