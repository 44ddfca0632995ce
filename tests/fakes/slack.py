"""Slack for tests: the stand-in on a free port."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.demo.loopback.server import serving as served
from app.demo.slack.app import create
from app.demo.slack.channel import Message
from app.demo.slack.stand_in import StandIn


class Slack(StandIn):
    """The stand-in, at `url`."""

    url: str

    @property
    def webhook_url(self) -> str:
        """Where messages go."""
        return self.url + self.webhook_path

    @property
    def last(self) -> Message:
        """The newest message."""
        return self.channel.messages[-1]


@asynccontextmanager
async def serving() -> AsyncIterator[Slack]:
    """Serve a Slack of its own."""
    slack = Slack()
    async with served(create(slack)) as slack.url:
        slack.pressing.site = slack.url
        yield slack
