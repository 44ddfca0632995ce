"""Asks a JSON API with a token: what GitHub and Statuspage have in common."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import msgspec

from app.outside import failed, http, reading
from app.outside.clipping import clipped
from app.outside.failed import Failed, Remedies
from app.outside.secret import Secret

# GitHub gives a request up after 10 s: whatever we stop waiting for is over there, too.
TIMEOUT = timedelta(seconds=15)
KEPT_BYTES = 16 * 1024 * 1024  # 50 GitHub issues of the longest body there is, 65,536 characters of 4 bytes

Pause = Callable[[http.Answer], timedelta | None]


@dataclass(frozen=True, slots=True)
class Reply:
    """A success, its body decoded; None when it had none."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class Manners:
    """How a system wants to be asked. `pause` reads from an answer how long it wants to be left alone."""

    headers: Mapping[str, str] = field(repr=False)
    remedies: Remedies
    pause: Pause


@dataclass(slots=True)
class JsonApi:
    """One system's API and our token to it. Keeps silent while its rate limit is used up."""

    client: http.Client
    token: Secret
    manners: Manners
    _silent_until: dict[str, float] = field(default_factory=dict, repr=False)

    async def call(self, method: str, url: str, content: Any = None, *, budget: str = "") -> Reply | Failed:
        """Send one request, unless the rate limit that `budget` names forbids it. Never raises."""
        silent_for = self._silent_until.get(budget, 0.0) - _seconds()
        if silent_for > 0:
            return Failed("throttled", permanent=False, retry_after=timedelta(seconds=silent_for))
        answer = await self.client.send(
            method,
            url,
            headers=self.manners.headers,
            body=None if content is None else encoded(content),
            within=TIMEOUT,
            kept_bytes=KEPT_BYTES,
        )
        if isinstance(answer, http.Failure):
            return failed.of_failure(answer, self.manners.remedies)
        pause = self.manners.pause(answer)
        if pause is not None:
            self._silent_until[budget] = _seconds() + pause.total_seconds()
        return self._read(answer, pause)

    def _read(self, answer: http.Answer, pause: timedelta | None) -> Reply | Failed:
        content = reading.parsed(answer.body) if answer.body else None
        if not HTTPStatus(200) <= answer.status < HTTPStatus(300):
            return self._failed(answer, content, pause)
        if answer.body and content is None:
            return Failed("bad_response", permanent=False, status=answer.status)
        return Reply(answer.status, answer.headers, content)

    def _failed(self, answer: http.Answer, content: Any, pause: timedelta | None) -> Failed:
        is_throttled = pause is not None and answer.status < HTTPStatus.INTERNAL_SERVER_ERROR
        reason = clipped(self.token.masked("; ".join(_said(content))), failed.MAX_REASON)
        found = failed.of_answer(
            answer, self.manners.remedies, reason=reason, kind="throttled" if is_throttled else None
        )
        return replace(found, retry_after=pause or found.retry_after)


def encoded(content: Any) -> bytes:
    """Write JSON, whatever characters it holds: half a surrogate pair is no reason to raise."""
    try:
        return msgspec.json.encode(content)
    except UnicodeEncodeError:
        return json.dumps(content).encode()


def _said(content: Any) -> Iterator[str]:
    """Find what an error's body says: GitHub has `message` and `errors`, Statuspage `error`."""
    for name in ("message", "error", "errors"):
        value = reading.mapping(content).get(name)
        for one in value if isinstance(value, list) else [value]:
            named = reading.mapping(one)
            words = (
                [one] if isinstance(one, str) else [named.get(part) for part in ("field", "code", "message")]
            )
            if said := " ".join(word for word in words if isinstance(word, str)):
                yield said


def _seconds() -> float:
    return asyncio.get_running_loop().time()
