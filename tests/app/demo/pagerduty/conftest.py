import socket
from collections.abc import AsyncIterator
from typing import Any, Protocol

import httpx2
import pytest

from tests.fakes import inbox as inboxes
from tests.fakes import pagerduty as fake
from tests.fakes.inbox import Inbox
from tests.fakes.pagerduty import PagerDuty


class Enqueue(Protocol):
    async def __call__(
        self, action: str, key: str | None = "k", *, role: str = "operator"
    ) -> httpx2.Response: ...


@pytest.fixture
async def pagerduty() -> AsyncIterator[PagerDuty]:
    async with fake.serving() as pagerduty:
        yield pagerduty


@pytest.fixture
async def browser(pagerduty: PagerDuty) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=pagerduty.url) as browser:
        yield browser


@pytest.fixture
async def inbox(pagerduty: PagerDuty) -> AsyncIterator[Inbox]:
    async with inboxes.opened() as inbox:
        pagerduty.subscription.url = inbox.url
        yield inbox
        await pagerduty.subscription.stop()


@pytest.fixture
def enqueue(pagerduty: PagerDuty, browser: httpx2.AsyncClient) -> Enqueue:
    async def enqueue(action: str, key: str | None = "k", *, role: str = "operator") -> httpx2.Response:
        event: dict[str, Any] = {
            "routing_key": pagerduty.account.rotas[role].routing_key,
            "event_action": action,
            "payload": {"summary": "Checkout is down", "source": "checkout", "severity": "critical"},
        }
        return await browser.post("/v2/enqueue", json=event | ({"dedup_key": key} if key else {}))

    return enqueue


@pytest.fixture
def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port
