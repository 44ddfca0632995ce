"""GitHub for tests: the stand-in on a free port, its project *Operations* made."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.demo.github.app import create
from app.demo.github.stand_in import StandIn
from app.demo.loopback.server import serving as served


class GitHub(StandIn):
    """The stand-in, at `url`."""

    url: str


@asynccontextmanager
async def serving() -> AsyncIterator[GitHub]:
    """Serve a GitHub of its own."""
    github = GitHub()
    github.repository.add_project("Operations")
    async with served(create(github)) as github.url:
        yield github
