"""A pager with somebody to call: PagerDuty's stand-in and a mail relay, both on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from app import settings
from app.incidents.paging import claiming, confirmation, sending, settling
from app.incidents.paging.channels import Call, Channels
from app.outside import http
from app.outside.pagerduty.rest import Rest
from app.outside.secret import Secret
from app.settings import Settings
from tests.app.incidents.world import World
from tests.fakes import mail, slack
from tests.fakes import pagerduty as stand_in
from tests.fakes.mail import Relay
from tests.fakes.pagerduty import PagerDuty
from tests.fakes.slack import Slack

# Longer than anything takes on loopback, even on a machine that is busy.
PATIENCE = timedelta(seconds=1)


@dataclass
class Pager:
    """One pager process in small: it does its rounds when told to."""

    world: World
    pagerduty: PagerDuty
    relay: Relay
    slack: Slack
    channels: Channels

    async def claim(self, limit: int = 50) -> Sequence[Call]:
        return await claiming.claim_due(self.world.database, limit, whose=self.channels.budget_of)

    async def send(self, *calls: Call) -> None:
        settlements = settling.settlements(self.world.database, slack=self.channels.has_slack)
        database = self.world.database
        await asyncio.gather(*(sending.send(database, settlements, self.channels, call) for call in calls))

    async def send_due(self) -> int:
        """Send until nothing is due."""
        sent = 0
        while calls := await self.claim():
            await self.send(*calls)
            sent += len(calls)
        return sent

    async def look(self) -> int:
        pages = await confirmation.claim_checks(self.world.database, 50)
        for page in pages:
            await confirmation.check(self.world.database, self.channels, asyncio.Semaphore(1), page)
        return len(pages)

    async def rounds(self) -> None:
        """Do everything that is due now, as a worker does."""
        await self.look()
        await self.world.fire_due()
        await self.send_due()

    async def advance(self, **by: float) -> None:
        """Let time pass here and at PagerDuty."""
        await self.world.advance(**by)
        self.pagerduty.account.ahead += timedelta(**by)
        self.slack.channel.clock.ahead += timedelta(**by)

    def set(self, **changes: Any) -> None:
        """Change settings."""
        self.channels = replace(self.channels, settings=replace(self.channels.settings, **changes))

    def use_slack(self) -> None:
        """Let calls go to Slack as well."""
        secret = self.slack.pressing.signing_secret
        self.set(slack_webhook_url=self.slack.webhook_url, slack_signing_secret=secret)

    def calls(self, action: str = "trigger") -> list[tuple[str | None, str | None]]:
        """The calls that PagerDuty got, by role and key."""
        return [(one.role, one.dedup_key) for one in self.pagerduty.calls if one.action == action]

    async def expect(self, *roles: str) -> None:
        """Each role's phone rang once more, and no other."""
        for role in roles:
            await self.pagerduty.pages.expect(role=role)
        self.pagerduty.pages.expect_nothing_more()


@pytest.fixture
async def pager(world: World) -> AsyncIterator[Pager]:
    async with (
        stand_in.serving() as pagerduty,
        mail.serving() as relay,
        slack.serving() as channel,
        http.opened() as client,
    ):
        read = settings.read({**pagerduty.settings(pagerduty.url), "OPSBOOK_SMTP_URL": relay.url})
        channels = Channels(read, client, "k" * 64, rest(read, client), PATIENCE)
        yield Pager(world, pagerduty, relay, channel, channels)


def rest(read: Settings, client: http.Client) -> Rest:
    """PagerDuty's REST API as the settings say."""
    return Rest(client, read.pagerduty_api_url, Secret(read.pagerduty_api_token or ""))
