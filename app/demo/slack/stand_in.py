"""The whole stand-in: a channel, its webhook, the application's buttons, a rate limit and faults."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from http import HTTPStatus

from starlette.responses import PlainTextResponse, Response

from app.demo.loopback import faults
from app.demo.loopback.limits import RateLimit
from app.demo.slack.channel import Channel
from app.demo.slack.pressing import Pressing
from app.outside import http


class Faults(faults.Faults):
    """Trouble; Slack tells it in words."""

    def throttled(self) -> Response:
        """Turn a message away; it is not posted."""
        return PlainTextResponse(
            "rate_limited", HTTPStatus.TOO_MANY_REQUESTS, headers={"Retry-After": str(self.retry_after or 1)}
        )


class StandIn:
    """Slack as tests and the demonstration see it. Everything may be changed while it runs."""

    def __init__(self, *, key: str | None = None, signing_secret: str | None = None) -> None:
        self.key = key or secrets.token_urlsafe(18)
        self.channel = Channel()
        self.pressing = Pressing(self.channel, signing_secret or secrets.token_hex(16))
        self.faults = Faults()
        self.limit = RateLimit(calls=60, window=timedelta(minutes=1))  # "1 per second", bursts allowed
        self.is_restricted = False

    @property
    def webhook_path(self) -> str:
        """The webhook's address, which is its key."""
        return f"/services/T0ACME/B0OPSBOOK/{self.key}"

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Let presses leave while the context is open."""
        async with http.opened() as client:
            self.pressing.client = client
            try:
                yield
            finally:
                self.pressing.client = None

    def settings(self, base_url: str) -> dict[str, str]:
        """Name the variables that point Opsbook at this stand-in, served at `base_url`."""
        return {
            "OPSBOOK_SLACK_WEBHOOK_URL": f"{base_url}{self.webhook_path}",
            "OPSBOOK_SLACK_SIGNING_SECRET": self.pressing.signing_secret,
        }
