"""Serves the stand-in with uvicorn, on loopback only, with connections that can be broken."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn

from app.demo.pagerduty.app import create
from app.demo.pagerduty.connections import Breakable
from app.demo.pagerduty.stand_in import StandIn

HOST = "127.0.0.1"


def config(pagerduty: StandIn, port: int = 0) -> uvicorn.Config:
    """Describe the server; port 0 takes a free one."""
    return uvicorn.Config(
        create(pagerduty),
        host=HOST,
        port=port,
        http=Breakable,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,  # a connection that hangs on purpose must not hold the end up
    )


@asynccontextmanager
async def serving(pagerduty: StandIn, port: int = 0) -> AsyncIterator[str]:
    """Serve in this event loop while the context is open; gives the base URL."""
    with socket.create_server((HOST, port)) as listening:
        server = _Guest(config(pagerduty, port))
        task = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            await server.ready.wait()
            yield f"http://{HOST}:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


class _Guest(uvicorn.Server):
    """A server in somebody else's process: the signals stay with their owner."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        finally:
            self.ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
