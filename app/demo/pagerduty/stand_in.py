"""The whole stand-in: the account, its webhook subscription, its limits and its faults, wired together."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.demo.loopback.limits import RateLimit
from app.demo.pagerduty import wire
from app.demo.pagerduty.account import Account, Incident, Key
from app.demo.pagerduty.faults import Faults
from app.demo.pagerduty.rota import OPERATOR
from app.demo.pagerduty.schedule import Person
from app.demo.pagerduty.subscription import Subscription
from app.outside import http

REST_CALLS_A_MINUTE = 960


@dataclass(frozen=True, slots=True)
class Call:
    """One call that the Events API got, however it was answered. The routing key is left out."""

    role: str | None
    action: str | None
    dedup_key: str | None
    body: Mapping[str, Any]
    at: datetime


class StandIn:
    """PagerDuty as tests and the demonstration see it. Everything may be changed while it runs."""

    def __init__(
        self,
        *,
        routing_keys: Mapping[str, str] | None = None,
        people: Mapping[str, Person] | None = None,
        webhook_url: str | None = None,
        webhook_secrets: Sequence[str] = (),
        token: str | None = None,
    ) -> None:
        self.account = Account(routing_keys, people)
        self.token = token or secrets.token_urlsafe(15)
        self.subscription = Subscription(webhook_url, tuple(webhook_secrets) or (secrets.token_hex(32),))
        self.faults = Faults()
        self.event_limit = RateLimit()
        self.rest_limit = RateLimit(REST_CALLS_A_MINUTE, timedelta(seconds=60))
        self.calls: list[Call] = []
        self.shows_incident_keys = True
        self.auto_pause_seconds = 120.0
        self.account.listeners.append(self._tell)
        self.account.on_hold.append(self._release_later)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Let webhooks leave while the context is open."""
        async with http.opened() as client:
            self.subscription.client = client
            try:
                yield
            finally:
                await self.subscription.stop()
                self.subscription.client = None

    def settings(self, base_url: str) -> dict[str, str]:
        """Name the variables that point Opsbook at this stand-in, served at `base_url`."""
        keys = {
            f"OPSBOOK_PAGERDUTY_ROUTING_KEY_{role.upper()}": rota.routing_key
            for role, rota in self.account.rotas.items()
        }
        return {
            "OPSBOOK_PAGERDUTY_EVENTS_URL": base_url,
            "OPSBOOK_PAGERDUTY_API_URL": base_url,
            "OPSBOOK_PAGERDUTY_API_TOKEN": self.token,
            "OPSBOOK_PAGERDUTY_FROM": self.account.people[OPERATOR].email,
            "OPSBOOK_PAGERDUTY_WEBHOOK_SECRETS": ",".join(self.subscription.secrets),
            **keys,
        }

    def ping(self) -> None:
        """Send the test webhook."""
        envelope = wire.webhook(
            "pagey.ping",
            self.account.now(),
            data={"message": "Hello", "type": "ping"},
            agent=None,
            client=None,
        )
        self.subscription.send("pagey", envelope)

    def _release_later(self, key: Key) -> None:
        asyncio.get_running_loop().call_later(self.auto_pause_seconds, self.account.release, key)

    def _tell(self, event_type: str, incident: Incident, agent: Person | None) -> None:
        envelope = wire.webhook(
            event_type,
            incident.changed_at,
            data=wire.incident_in_webhook(incident, with_key=self.shows_incident_keys),
            agent=wire.person(agent) if agent else wire.integration(incident.rota),
            client={"name": incident.client} if incident.client else None,
        )
        self.subscription.send(incident.id, envelope)
