from collections.abc import AsyncIterator

import pytest

from app.outside import http
from app.outside.pagerduty.rest import Rest
from app.outside.secret import Secret
from tests.fakes import pagerduty as fake


@pytest.fixture
async def pagerduty() -> AsyncIterator[fake.PagerDuty]:
    async with fake.serving() as pagerduty:
        yield pagerduty


@pytest.fixture
def rest(client: http.Client, pagerduty: fake.PagerDuty) -> Rest:
    return Rest(client, pagerduty.url, Secret(pagerduty.token), "olive@opsbook.example")
