"""Serve with uvicorn until told to stop: open streams end at once, requests are finished."""

from __future__ import annotations

import asyncio
import socket
from types import FrameType

import uvicorn
import uvloop

from app import asgi
from app.settings import Settings

FINISH_WITHIN_SECONDS = 10
BACKLOG = 2048


class Server(uvicorn.Server):
    """Tells the application that it stops, so that event streams do not hold the process up."""

    def __init__(self, config: uvicorn.Config, stopping: asyncio.Event) -> None:
        super().__init__(config)
        self._stopping = stopping

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End the streams, then stop as usual."""
        asyncio.get_running_loop().call_soon_threadsafe(self._stopping.set)
        super().handle_exit(sig, frame)


def run(settings: Settings, *, host: str, port: int, fd: int | None) -> None:
    """Serve on `fd`, a listening socket that was handed down, else on `host` and `port`."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, host, port, fd))


async def _serve(settings: Settings, host: str, port: int, fd: int | None) -> None:
    stopping = asyncio.Event()
    config = uvicorn.Config(
        asgi.application(settings, stopping),
        host=host,
        port=port,
        http="httptools",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # forwarded headers are judged by views.guard, which knows the proxies
        timeout_keep_alive=20,
        timeout_graceful_shutdown=FINISH_WITHIN_SECONDS,
        backlog=BACKLOG,
        h11_max_incomplete_event_size=64 * 1024,
    )
    handed_down = [socket.socket(fileno=fd)] if fd is not None else None
    await Server(config, stopping).serve(sockets=handed_down)
