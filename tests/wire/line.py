"""A line to a server that sends exactly the bytes it is told to, and reads what comes back as bytes."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

PATIENCE_SECONDS = 20.0
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
BODILESS = (204, 304)
Pairs = Iterable[tuple[str, str]]


@dataclass
class Answer:
    """One answer as it came: nothing is unpacked, joined or thrown away but the framing of chunks."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    def __getitem__(self, name: str) -> str:
        (value,) = self.all(name)
        return value

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Line:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, raw: bytes) -> None:
        self.writer.write(raw)

    async def answer(self, *, to: str = "GET") -> Answer:
        """Read the next answer. An answer to HEAD has no body."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            head = await self.reader.readuntil(b"\r\n\r\n")
            first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
            pairs = [tuple(line.split(": ", 1)) for line in lines]
            answer = Answer(int(first.split()[1]), [(name.lower(), value) for name, value in pairs])
            if to != "HEAD" and answer.status not in BODILESS:
                answer.body = await self._body(head)
            return answer

    async def rest(self) -> bytes:
        """Everything until the server hangs up."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.reader.read()

    async def _body(self, head: bytes) -> bytes:
        if length := LENGTH.search(head):
            return await self.reader.readexactly(int(length[1]))
        if not CHUNKED.search(head):
            return await self.reader.read()
        body = b""
        while size := int(await self.reader.readline(), 16):
            body += await self.reader.readexactly(size)
            await self.reader.readexactly(2)
        await self.reader.readexactly(2)
        return body


@asynccontextmanager
async def opened(port: int) -> AsyncIterator[Line]:
    """Connect, and hang up at the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Line(reader, writer)
    finally:
        writer.transport.abort()


async def ask(
    port: int,
    method: str = "GET",
    target: str = "/",
    *,
    headers: Pairs = (),
    host: str | None = None,
    body: bytes | None = None,
) -> Answer:
    """Make one well-formed request on a connection of its own."""
    given = [("host", host or f"127.0.0.1:{port}"), *headers]
    given += [("content-length", str(len(body)))] if body is not None else []
    head = "".join(f"{name}: {value}\r\n" for name, value in given)
    async with opened(port) as line:
        line.send(f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + (body or b""))
        return await line.answer(to=method)
