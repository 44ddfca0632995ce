"""Lines between one process of Opsbook and what it dials: they can be cut, silenced, slowed, and counted.

A line listens on a port of loopback and passes on what it hears, so a process that dials it notices nothing
until the test wants it to. PostgreSQL and Valkey answer on unix sockets, PagerDuty's stand-in on a port.
"""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url

from app.demo.loopback.connections import reset

PIECE_BYTES = 64 * 1024
LOOPBACK = "127.0.0.1"
Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Dial = Callable[[], Awaitable[Ends]]
Side = Literal["before", "after"]


@dataclass
class Fuse:
    """Kills a process at the `writes`-th piece that it writes: before that is passed on, or right after."""

    writes: int
    side: Side
    kill: Callable[[], None]
    last: bytes = b""

    @property
    def has_blown(self) -> bool:
        return self.writes == 0

    def burns_out(self, piece: bytes) -> bool:
        """Count a piece; says whether it is the one."""
        if self.has_blown:
            return False
        self.writes, self.last = self.writes - 1, piece
        return self.has_blown


class Line:
    """One process's way to one other."""

    def __init__(self, dial: Dial) -> None:
        self.slow_seconds = (0.0, 0.0)
        self.fuse: Fuse | None = None
        self.port = 0
        self._dial = dial
        self._flows = asyncio.Event()
        self._flows.set()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._calls: set[asyncio.Task[None]] = set()

    async def listen(self) -> None:
        """Take calls, on the same port as before."""
        self._server = await asyncio.start_server(self._serve, LOOPBACK, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def refuse(self) -> None:
        """Take no calls, and break those that are under way."""
        if self._server is not None:
            self._server.close()
        self.cut()

    def cut(self) -> None:
        """Break every connection now."""
        for writer in self._writers:
            _break(writer)

    def silence(self) -> None:
        """Take calls and pass nothing on, in neither direction: nobody is told, as when a cable is pulled."""
        self._flows.clear()

    def speak(self) -> None:
        """Pass on what was held back, and everything from now on."""
        self._flows.set()

    async def quiet(self) -> None:
        """Wait until nothing is under way any more."""
        await asyncio.gather(*self._calls, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        call = asyncio.current_task()
        assert call is not None
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            far_reader, far_writer = await self._dial()
        except OSError:
            _break(writer)
            return
        mine = {writer, far_writer}
        self._writers |= mine
        await asyncio.gather(self._ask(reader, far_writer), self._answer(far_reader, writer))
        self._writers -= mine

    async def _ask(self, reader: asyncio.StreamReader, far: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await reader.read(PIECE_BYTES):
                await self._flows.wait()
                await asyncio.sleep(random.uniform(*self.slow_seconds))
                fuse = self.fuse if self.fuse and self.fuse.burns_out(piece) else None
                if fuse and fuse.side == "before":
                    fuse.kill()
                    break
                far.write(piece)
                await far.drain()
                if fuse:
                    fuse.kill()
                    break
        far.close()

    async def _answer(self, far: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await far.read(PIECE_BYTES):
                await self._flows.wait()
                writer.write(piece)
                await writer.drain()
        writer.close()


def _break(writer: asyncio.StreamWriter) -> None:
    if not writer.is_closing():
        reset(writer.transport)  # type: ignore[arg-type] # a socket's, so there is one to be reset


@asynccontextmanager
async def laid(dial: Dial) -> AsyncIterator[Line]:
    """Lay a line for the length of the block."""
    line = Line(dial)
    await line.listen()
    try:
        yield line
    finally:
        line.speak()
        line.refuse()
        await line.quiet()


@dataclass(frozen=True)
class Lines:
    """All lines of one process."""

    postgresql: Line
    valkey: Line
    pagerduty: Line

    def settings(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Name the variables that lead a process along its lines instead of straight on."""
        database = make_url(environ["OPSBOOK_DATABASE_URL"]).set(
            host=LOOPBACK, port=self.postgresql.port, query={}
        )
        pagerduty = f"http://{LOOPBACK}:{self.pagerduty.port}"
        return {
            "OPSBOOK_DATABASE_URL": database.render_as_string(hide_password=False),
            "OPSBOOK_REDIS_URL": f"redis://{LOOPBACK}:{self.valkey.port}/0",
            "OPSBOOK_PAGERDUTY_EVENTS_URL": pagerduty,
            "OPSBOOK_PAGERDUTY_API_URL": pagerduty,
        }


@asynccontextmanager
async def laid_to(environ: Mapping[str, str]) -> AsyncIterator[Lines]:
    """Lay the lines of a process to where its variables lead."""
    folder = make_url(environ["OPSBOOK_DATABASE_URL"]).query["host"]
    valkey = urlsplit(environ["OPSBOOK_REDIS_URL"]).path
    pagerduty = urlsplit(environ["OPSBOOK_PAGERDUTY_EVENTS_URL"])
    async with (
        laid(lambda: asyncio.open_unix_connection(f"{folder}/.s.PGSQL.5432")) as first,
        laid(lambda: asyncio.open_unix_connection(valkey)) as second,
        laid(lambda: asyncio.open_connection(pagerduty.hostname, pagerduty.port)) as third,
    ):
        yield Lines(first, second, third)
