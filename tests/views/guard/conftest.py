"""A client that speaks raw ASGI: it can send what no HTTP library would."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Pairs = Iterable[tuple[str, str]]


@dataclass
class Answer:
    """What came back, and whether it came whole."""

    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    is_whole: bool = False

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name]

    def __getitem__(self, name: str) -> str:
        (value,) = self.all(name)
        return value

    def json(self) -> Any:
        return json.loads(self.body)


async def ask(
    app: ASGIApp,
    method: str = "GET",
    path: str = "/",
    *,
    headers: Pairs = (),
    host: str | None = "127.0.0.1:8000",
    body: bytes | AsyncIterator[bytes] = b"",
    client: str | None = "192.0.2.7",
    state: dict[str, Any] | None = None,
) -> Answer:
    """Make one request. `body` as an iterator comes in pieces, at its own pace."""
    given = [*([("host", host)] if host is not None else []), *headers]
    scope: Scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "http_version": "1.1",
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in given],
        "client": (client, 50000) if client else None,
        "server": ("127.0.0.1", 8000),
        "state": state if state is not None else {},
    }
    answer = Answer()
    await app(scope, _receive(body), _send(answer))
    return answer


def _receive(body: bytes | AsyncIterator[bytes]) -> Receive:
    pieces = _whole(body) if isinstance(body, bytes) else body

    async def receive() -> Message:
        try:
            return {"type": "http.request", "body": await anext(pieces), "more_body": True}
        except StopAsyncIteration:
            return {"type": "http.request", "body": b"", "more_body": False}

    return receive


async def _whole(body: bytes) -> AsyncIterator[bytes]:
    yield body


async def dripping(count: int, piece: bytes = b"x", seconds: float = 0.0) -> AsyncIterator[bytes]:
    for _ in range(count):
        await asyncio.sleep(seconds)
        yield piece


def _send(answer: Answer) -> Send:
    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = [(name.decode(), value.decode()) for name, value in message["headers"]]
        else:
            answer.body += message.get("body", b"")
            answer.is_whole = not message.get("more_body", False)

    return send


@dataclass
class Inner:
    """An application that notes what reaches it, reads the body, and answers `OK`."""

    scope: Scope = field(default_factory=dict)
    body: bytes = b""
    headers: Pairs = ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        more = True
        while more:
            message = await receive()
            self.body += message["body"]
            more = message["more_body"]
        headers = [(name.encode(), value.encode()) for name, value in self.headers]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"OK"})

    def header(self, name: str) -> list[str]:
        return [value.decode() for key, value in self.scope["headers"] if key == name.encode()]
