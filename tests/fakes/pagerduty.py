"""PagerDuty for tests: the stand-in on a free port, and assertions that speak of people and pages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from app.demo.loopback.server import serving as served
from app.demo.pagerduty.account import Account, Incident, Notification
from app.demo.pagerduty.app import create
from app.demo.pagerduty.stand_in import StandIn

PATIENCE = timedelta(seconds=10)
QUICK_RETRIES = (0.02,) * 50


class Pages:
    """The phones of the people on call. Whoever rings must have been expected."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._expected: set[int] = set()
        self._is_anything_expected = False
        self._rang = asyncio.Event()
        account.on_ring.append(self._rang.set)

    async def expect(self, *, role: str, within: timedelta = PATIENCE) -> Notification:
        """Wait until this role's phone rings, once more than was expected so far."""
        try:
            async with asyncio.timeout(within.total_seconds()):
                return await self._next(role)
        except TimeoutError:
            raise AssertionError(f"Nobody paged the {role}. {self._what_rang()}") from None

    def expect_anything(self) -> None:
        """Let phones ring from now on: the test is not about them."""
        self._is_anything_expected = True

    def expect_nothing_more(self) -> None:
        """Fail if a phone rang that no `expect` asked for."""
        assert not self.unexpected(), f"A phone rang that nobody expected. {self._what_rang()}"

    def unexpected(self) -> list[Notification]:
        """List what rang and was not expected."""
        if self._is_anything_expected:
            return []
        rang = enumerate(self._account.notifications)
        return [one for number, one in rang if number not in self._expected]

    async def _next(self, role: str) -> Notification:
        while True:
            self._rang.clear()
            for number, one in enumerate(self._account.notifications):
                if one.role == role and number not in self._expected:
                    self._expected.add(number)
                    return one
            await self._rang.wait()

    def _what_rang(self) -> str:
        rang = [f"{one.role}: {one.title!r} ({one.dedup_key})" for one in self.unexpected()]
        return f"Not expected, but rang: {rang or 'nothing'}."


class PagerDuty(StandIn):
    """The stand-in, at `url`, with its `pages`."""

    url: str
    pages: Pages

    def acknowledge(self, page: Notification) -> Incident:
        """Let the person who was paged press Acknowledge."""
        return self._press(self.account.acknowledge, page)

    def resolve(self, page: Notification) -> Incident:
        """Let the person who was paged press Resolve."""
        return self._press(self.account.resolve, page)

    def _press(self, act: object, page: Notification) -> Incident:
        incident = self.account.incident(page.incident_id)
        assert incident is not None
        assert callable(act)
        act(incident, page.person)
        return incident


@asynccontextmanager
async def serving(webhook_url: str | None = None) -> AsyncIterator[PagerDuty]:
    """Serve a PagerDuty of its own; at the end no phone may have rung that was not expected."""
    pagerduty = PagerDuty(webhook_url=webhook_url)
    pagerduty.subscription.retry_seconds = QUICK_RETRIES
    pagerduty.pages = Pages(pagerduty.account)
    async with served(create(pagerduty)) as pagerduty.url:
        yield pagerduty
        pagerduty.pages.expect_nothing_more()
