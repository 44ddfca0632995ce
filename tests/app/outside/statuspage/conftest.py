from collections.abc import AsyncIterator

import pytest

from app.outside import http
from app.outside.secret import Secret
from app.outside.statuspage.incidents import Update
from app.outside.statuspage.page import Page
from tests.fakes import statuspage as fake


@pytest.fixture
async def theirs() -> AsyncIterator[fake.Statuspage]:
    async with fake.serving() as statuspage:
        yield statuspage


@pytest.fixture
def ours(client: http.Client, theirs: fake.Statuspage) -> Page:
    return Page.of(client, theirs.url, Secret(theirs.token), theirs.page_id)


@pytest.fixture
def update() -> Update:
    return Update(
        incident="opsbook:incident:123",
        sequence=1,
        name="Card payments fail",
        status="investigating",
        body="We are looking into it.",
        components={"checkout": "major_outage"},
    )
