"""Serves a stand-in with uvicorn, on loopback only, with connections that can be broken."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.applications import Starlette

from app.demo.loopback.connections import Breakable

HOST = "127.0.0.1"
HANG_UP_AFTER = 1  # second: a connection that hangs on purpose must not hold the end up


def config(app: Starlette, port: int = 0) -> uvicorn.Config:
    """Describe the server; port 0 takes a free one."""
    return uvicorn.Config(
        app,
        host=HOST,
        port=port,
        http=Breakable,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,  # kept fresh by uvicorn's main loop, which a guest does without
        timeout_graceful_shutdown=HANG_UP_AFTER,
    )


@asynccontextmanager
async def serving(app: Starlette, port: int = 0) -> AsyncIterator[str]:
    """Serve in this event loop while the context is open; gives the base URL."""
    with socket.create_server((HOST, port)) as listening:
        server = _Guest(config(app, port))
        task = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            await server.ready.wait()
            yield f"http://{HOST}:{listening.getsockname()[1]}"
        finally:
            server.end()
            await task


class _Guest(uvicorn.Server):
    """A server in somebody else's process: the signals stay with their owner."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready, self._over = asyncio.Event(), asyncio.Event()

    def end(self) -> None:
        """Let `serve` return."""
        self.should_exit = True
        self._over.set()

    async def main_loop(self) -> None:
        await self._over.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop without uvicorn's rounds of 0.1 s; a test for every page would feel them."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if running := list(self.server_state.tasks):
            _, hanging = await asyncio.wait(running, timeout=HANG_UP_AFTER)
            for task in hanging:
                task.cancel()
        await self.lifespan.shutdown()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        finally:
            self.ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
