"""Statuspage for tests: the stand-in on a free port."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.demo.loopback.server import serving as served
from app.demo.statuspage.app import StandIn, create


class Statuspage(StandIn):
    """The stand-in, at `url`."""

    url: str


@asynccontextmanager
async def serving() -> AsyncIterator[Statuspage]:
    """Serve a Statuspage of its own."""
    statuspage = Statuspage()
    async with served(create(statuspage)) as statuspage.url:
        yield statuspage
