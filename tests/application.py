"""The whole application in the test's process, asked over HTTP without a socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from httpx2 import ASGITransport, AsyncClient

from app import asgi, settings

ADDRESS = "http://testserver"


@asynccontextmanager
async def opened(database_url: str, redis_url: str, **more: str) -> AsyncIterator[AsyncClient]:
    """Start it and yield a client at its door; `more` are settings by their variables."""
    environ = {
        "OPSBOOK_DATABASE_URL": database_url,
        "OPSBOOK_REDIS_URL": redis_url,
        "OPSBOOK_SECRET_KEY": "k" * 32,
        "OPSBOOK_BASE_URL": ADDRESS,
    }
    app = asgi.application(settings.read(environ | more))
    async with app.router.lifespan_context(app) as state:
        transport = ASGITransport(app=_with_state(app, state), raise_app_exceptions=False)
        async with AsyncClient(transport=transport, base_url=ADDRESS) as http:
            yield http


def _with_state(app: Any, state: Any) -> Any:
    async def stated(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "state": dict(state)}, receive, send)

    return stated
