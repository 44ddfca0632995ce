"""A general worker with somebody to write to: Slack, Statuspage and a mail relay, all on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from app import settings
from app.incidents.communication import parcels, sending
from app.incidents.paging.channels import Channels
from app.outside import http
from tests.app.incidents.world import World
from tests.fakes import mail, slack, statuspage
from tests.fakes.mail import Relay
from tests.fakes.slack import Slack
from tests.fakes.statuspage import Statuspage


@dataclass
class Post:
    """One general worker in small: it sends when told to."""

    world: World
    relay: Relay
    slack: Slack
    statuspage: Statuspage
    channels: Channels

    async def claim(self) -> list[parcels.Parcel]:
        return await parcels.claim_due(self.world.database, 50)

    async def send(self, *claimed: parcels.Parcel) -> None:
        await asyncio.gather(*(sending.send(self.world.database, self.channels, one) for one in claimed))

    async def send_due(self) -> int:
        """Send until nothing is due."""
        sent = 0
        while claimed := await self.claim():
            await self.send(*claimed)
            sent += len(claimed)
        return sent

    def set(self, **changes: Any) -> None:
        """Change settings."""
        self.channels = replace(self.channels, settings=replace(self.channels.settings, **changes))

    async def states(self, channel: str) -> list[str]:
        statement = "select state from notice where channel = :channel order by id"
        return await self.world.column(statement, channel=channel)


@pytest.fixture
async def post(world: World) -> AsyncIterator[Post]:
    async with (
        mail.serving() as relay,
        slack.serving() as channel,
        statuspage.serving() as page,
        http.opened() as client,
    ):
        read = settings.read(
            {
                "OPSBOOK_SMTP_URL": relay.url,
                "OPSBOOK_BASE_URL": "https://ops.example",
                **channel.settings(channel.url),
                **page.settings(page.url),
            }
        )
        yield Post(world, relay, channel, page, Channels(read, client, "k" * 64, None))
