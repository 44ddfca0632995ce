"""Assemble the application: what a process opens, which addresses it answers, and what guards them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import Scope

import views
from api import http as graphql
from app import assembly
from app.assembly import House
from app.doors import hooks, ingest
from app.incidents.recent import Recent
from app.observability.health import Probes
from app.observability.requests import Observed
from app.queue.changes import Changes
from app.security.authentication import Identity, identify
from app.settings import Settings
from views import errors, guard


def application(settings: Settings, stopping: asyncio.Event | None = None) -> Starlette:
    """Make the application. `stopping` is set when the server is told to stop."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[Mapping[str, Any]]:
        async with assembly.opened(settings) as house:
            changes = Changes(settings.redis_url or "", Recent(house.database).topics)
            listening = asyncio.create_task(changes.run())
            probes = Probes(house.database, settings.redis_url or "")
            try:
                yield {
                    "house": house,
                    "changes": changes,
                    "probes": probes,
                    "stopping": stopping or asyncio.Event(),
                }
            finally:
                listening.cancel()
                with suppress(asyncio.CancelledError):
                    await listening

    return Starlette(
        routes=[*ingest.routes, *hooks.routes, *graphql.routes, *views.routes],
        middleware=guard.middleware(
            settings, identify=_identify, render=errors.render, watching=[Middleware(Observed)]
        ),
        exception_handlers=guard.EXCEPTION_HANDLERS,
        lifespan=lifespan,
    )


async def _identify(scope: Scope, session_key: str | None, authorization: str | None) -> Identity:
    house: House = scope["state"]["house"]
    return await identify(house.database, session_key=session_key, authorization=authorization)
