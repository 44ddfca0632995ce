"""A desk: a running Opsbook, Chromium, and people who are signed in and watched for every complaint."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import asyncpg
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    ViewportSize,
)

from app.incidents import opening, timeline
from app.incidents.words import Severity
from app.security import people, sessions
from app.security.permissions import SYSTEM, Actor, Role, granted
from app.storage.engine import Database
from tests.engines import plain
from tests.faults.kit import Whole

CAST = {
    "Olive Okafor": [Role.OPERATOR],
    "Ivan Petrov": [Role.COMMANDER, Role.ADMIN],
    "Paula Reyes": [Role.POLICY_OWNER],
    "Nora Lund": [],
}
SOMEBODY = Actor("system", None, "Somebody", granted([Role.OPERATOR]), frozenset({Role.OPERATOR}))
# Chromium writes every answer that is no success to the console; nobody can keep it from doing so.
REFUSED = re.compile(r"Failed to load resource: (?:the server responded with a status of (\d+)|net::)")
NOTICE = "Clear-Site-Data header on"  # said at every sign-out, and meant
CUT = 0  # a connection that broke, among the statuses that a test expects
PATIENCE_MS = 5000
DESKTOP = ViewportSize(width=1440, height=900)
PHONE = ViewportSize(width=390, height=844)


@dataclass
class Watch:
    """What one browser complained about, and which requests it made."""

    origin: str
    requests: list[Request] = field(default_factory=list)
    streams: set[Request] = field(default_factory=set)
    answers: list[Response] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    refusals: set[int] = field(default_factory=set)

    def made(self, method: str, path: str) -> int:
        """How many such requests were made. `path` is a pattern."""
        paths = [urlsplit(one.url).path for one in self.requests if one.method == method]
        return sum(1 for one in paths if re.fullmatch(path, one))

    def posted(self) -> list[int]:
        """How the posts were answered."""
        return [one.status for one in self.answers if one.request.method == "POST"]

    def over(self, context: BrowserContext) -> None:
        """Watch every page of a browser."""
        context.on("request", self._request)
        context.on("requestfailed", self._ended)
        context.on("requestfinished", self._ended)
        context.on("response", self._response)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))

    def verdict(self) -> list[str]:
        """What nobody expected: words in the console, errors, requests that left the origin."""
        away = [one.url for one in self.requests if not one.url.startswith((self.origin, "data:"))]
        return [*self.complaints, *away]

    def _request(self, request: Request) -> None:
        self.requests.append(request)
        if urlsplit(request.url).path == "/events":
            self.streams.add(request)

    def _response(self, response: Response) -> None:
        self.answers.append(response)

    def _ended(self, request: Request) -> None:
        self.streams.discard(request)

    def _console(self, message: ConsoleMessage) -> None:
        refused = REFUSED.match(message.text)
        is_expected = int(refused[1] or CUT) in self.refusals if refused else NOTICE in message.text
        if not is_expected:
            self.complaints.append(message.text)


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
