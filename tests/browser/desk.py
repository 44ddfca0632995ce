"""A desk: a running Opsbook, Chromium, and people who are signed in and watched for every complaint."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import asyncpg
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize

from app.incidents import opening, timeline
from app.incidents.words import Severity
from app.security import people, sessions
from app.security.permissions import SYSTEM, Actor, Role, granted
from app.storage.engine import Database
from tests.browser.watch import Watch
from tests.engines import plain
from tests.faults.kit import Whole

CAST = {
    "Olive Okafor": [Role.OPERATOR],
    "Ivan Petrov": [Role.COMMANDER, Role.ADMIN],
    "Paula Reyes": [Role.POLICY_OWNER],
    "Nora Lund": [],
}
SOMEBODY = Actor("system", None, "Somebody", granted([Role.OPERATOR]), frozenset({Role.OPERATOR}))
PATIENCE_MS = 5000
DESKTOP = ViewportSize(width=1440, height=900)
PHONE = ViewportSize(width=390, height=844)


@dataclass
class Desk:
    """Who sits here may open as many browsers as people; `leave` closes them and reads out complaints."""

    whole: Whole
    browser: Browser
    database: Database
    ids: dict[str, int]
    contexts: list[BrowserContext] = field(default_factory=list)
    watches: list[Watch] = field(default_factory=list)

    async def visit(self, path: str, who: str | None = "olive", **options: Any) -> Page:
        """Open a page as somebody, in a browser of their own."""
        context = await self.sit_down(who, **options)
        page = await context.new_page()
        await page.goto(self.whole.url + path)
        return page

    async def sit_down(self, who: str | None = "olive", **options: Any) -> BrowserContext:
        """Open a browser, signed in unless nobody is named."""
        wanted = {"viewport": DESKTOP, "timezone_id": "Europe/Berlin", "base_url": self.whole.url}
        context = await self.browser.new_context(**(wanted | options))
        context.set_default_timeout(PATIENCE_MS)
        self.contexts.append(context)
        watch = Watch(self.whole.url)
        watch.over(context)
        self.watches.append(watch)
        if who:
            await self._hand_over_session(context, who)
        return context

    def expect(self, *statuses: int) -> None:
        """Say which refusals belong to this test."""
        for watch in self.watches:
            watch.refusals.update(statuses)

    @property
    def watch(self) -> Watch:
        """The watch over the first browser."""
        return self.watches[0]

    async def declare(self, title: str = "Card payments failing at EU checkout", severity: str = "S1") -> int:
        """Open an incident without a browser; answers its number."""
        async with self.database.unit_of_work() as work:
            return await opening.declare(work, SOMEBODY, title=title, severity=Severity(severity))

    async def note(self, number: int, text: str) -> None:
        """Add an entry to the timeline from a process that is none of Opsbook's."""
        async with self.database.unit_of_work() as work:
            await timeline.note(work, SOMEBODY, number, text=text)

    async def ask(self, statement: str, *values: object) -> Any:
        """Ask the database for one value, or tell it to do something."""
        connection = await asyncpg.connect(plain(self.whole.database_url))
        try:
            return await connection.fetchval(statement, *values)
        finally:
            await connection.close()

    async def until(self, statement: str, *values: object) -> None:
        """Wait until the database answers yes."""
        async with asyncio.timeout(10):
            while not await self.ask(statement, *values):
                await asyncio.sleep(0.05)

    async def leave(self) -> None:
        """Close everything. What anybody's browser complained about fails the test."""
        for context in self.contexts:
            await context.close()
        complaints = [complaint for watch in self.watches for complaint in watch.verdict()]
        assert not complaints, complaints

    async def _hand_over_session(self, context: BrowserContext, who: str) -> None:
        async with self.database.unit_of_work() as work:
            key = await sessions.begin(work, self.ids[who], user_agent="Chrome/156", address="127.0.0.1")
        # A __Host- cookie is only taken over TLS; browsers send it to loopback nevertheless.
        url = f"https://{urlsplit(self.whole.url).hostname}"
        cookie: Any = {"name": "__Host-session", "value": key, "url": url, "secure": True, "httpOnly": True}
        await context.add_cookies([cookie])


async def hire(database: Database) -> dict[str, int]:
    """Add the cast; answers ids by first name."""
    async with database.unit_of_work() as work:
        return {
            name.split()[0].lower(): await people.add(
                work, SYSTEM, email=f"{name.split()[0].lower()}@example.com", name=name, roles=roles
            )
            for name, roles in CAST.items()
        }
