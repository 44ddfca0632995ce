"""The stand-in as a Starlette application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import Route

from app.demo.loopback.guard import MIDDLEWARE
from app.demo.pagerduty import control, phone, rest
from app.demo.pagerduty.enqueue import enqueue
from app.demo.pagerduty.stand_in import StandIn


def create(pagerduty: StandIn) -> Starlette:
    """Assemble the application around `pagerduty`."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with pagerduty.running():
            yield

    app = Starlette(
        routes=[
            Route("/v2/enqueue", enqueue, methods=["POST"]),
            *rest.ROUTES,
            *control.ROUTES,
            *phone.ROUTES,
        ],
        middleware=MIDDLEWARE,
        lifespan=lifespan,
    )
    app.state.pagerduty = pagerduty
    return app
