"""The stand-in as a Starlette application, at GitHub's addresses and at those of an Enterprise Server."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import Mount

from app.demo.github import graph, rest
from app.demo.github.stand_in import StandIn
from app.demo.loopback.guard import MIDDLEWARE


def create(github: StandIn) -> Starlette:
    """Assemble the application around `github`."""
    app = Starlette(
        routes=[*rest.ROUTES, *graph.ROUTES, Mount("/api/v3", routes=rest.ROUTES)], middleware=MIDDLEWARE
    )
    app.state.github = github
    return app
