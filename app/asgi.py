"""Assemble the application: what a process opens, which addresses it answers, and what guards them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Scope

from api.budget import Budget
from api.context import Context
from api.execute import warm
from api.http import graphql_endpoint, refusal, schema_endpoint
from app import assembly
from app.activity.pulse import Pulse
from app.assembly import House
from app.doors import calendars, hooks, ingest
from app.incidents import intake, provider_events
from app.incidents.recent import Recent
from app.loops import Loops
from app.observability.health import Probes
from app.observability.requests import Observed
from app.queue.changes import Changes, Poll
from app.security.authentication import Identity, identify
from app.security.permissions import Actor
from app.settings import Settings
from views import developers, errors, guard
from views import routes as pages
from views.access import identity
from views.guard.problems import Problem
from views.guard.sessions import visitor

GRAPHQL = "/graphql"


def application(settings: Settings, stopping: asyncio.Event | None = None) -> Starlette:
    """Make the application. `stopping` is set when the server is told to stop."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[Mapping[str, Any]]:
        async with assembly.opened(settings) as house:
            changes = Changes(settings.redis_url or "", _poll(house))
            probes = Probes(house.database, settings.redis_url or "")
            state = {
                "house": house,
                "changes": changes,
                "probes": probes,
                "streams": Counter(),
                "alerts": intake.reception(house.database),
                "webhooks": provider_events.reception(house.database),
                "stopping": stopping or asyncio.Event(),
            }
            async with Loops([*changes.loops(), warm()]):
                yield state

    app = Starlette(
        routes=[*ingest.routes, *hooks.routes, *calendars.routes, *_graphql(), *pages.routes],
        middleware=guard.middleware(
            settings, identify=_identify, render=_render, watching=[Middleware(Observed)]
        ),
        exception_handlers=guard.EXCEPTION_HANDLERS,
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False  # a redirect would send a machine's key on to wherever it leads
    return app


def _poll(house: House) -> Poll:
    """What has changed, while Redis is away to say so."""
    recent, pulse = Recent(house.database), Pulse(house.database)

    async def topics() -> list[str]:
        return [*await recent.topics(), *await pulse.topics()]

    return topics


async def _identify(scope: Scope, session_key: str | None, authorization: str | None) -> Identity:
    house: House = scope["state"]["house"]
    found = await identify(house.database, session_key=session_key, authorization=authorization)
    return found.as_required() if house.settings.second_factor == "required" else found


def _graphql() -> list[Route]:
    budget = Budget()

    async def surroundings(request: Request) -> Context:
        house, changes = request.state.house, request.state.changes
        actor = (await identity(request)).actor

        async def renew() -> Actor:
            return (await _again(request)).actor

        return Context(house.database, actor, changes, house.settings.base_url, budget, renew)

    endpoint = graphql_endpoint(surroundings, developers.explorer)
    return [
        Route(GRAPHQL, endpoint, methods=["GET", "POST"]),
        Route("/schema.graphql", schema_endpoint, methods=["GET"]),
    ]


async def _render(request: Request, problem: Problem) -> Response | None:
    """Refuse in the words of whoever asks: GraphQL's clients read errors alone, and people read pages."""
    if request.url.path == GRAPHQL:
        return refusal(request, status=problem.status, code=problem.code, message=problem.detail)
    return await errors.render(request, problem)


async def _again(request: Request) -> Identity:
    """Ask anew who it is: a stream outlives sessions and roles."""
    key = visitor(request.scope).session_key
    return await _identify(request.scope, key, request.headers.get("authorization"))
