from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from tests.fakes import statuspage as fake
from tests.fakes.statuspage import Statuspage

pytestmark = pytest.mark.anyio


@pytest.fixture
async def statuspage() -> AsyncIterator[Statuspage]:
    async with fake.serving() as statuspage:
        yield statuspage


@pytest.fixture
async def browser(statuspage: Statuspage) -> AsyncIterator[httpx2.AsyncClient]:
    base_url, headers = (
        f"{statuspage.url}/v1/pages/{statuspage.page_id}",
        {"Authorization": f"OAuth {statuspage.token}"},
    )
    async with httpx2.AsyncClient(base_url=base_url, headers=headers) as browser:
        yield browser


@pytest.mark.parametrize(
    ("incident", "said"),
    [
        ({"body": "b"}, ["Name can't be blank"]),
        ({"name": "n" * 256}, ["Name is too long (maximum is 255 characters)"]),
        ({"name": "n", "body": "b" * 25_001}, ["Body is too long (maximum is 25000 characters)"]),
        ({"name": "n", "status": "fixed"}, ["Status is not included in the list"]),
        ({"name": "n", "metadata": {"a": "b"}}, ["Metadata: all top level values must be objects"]),
        ({"name": "n", "components": {"checkout": "broken"}}, ["Components is invalid"]),
        ({"name": "n", "component_ids": ["none"]}, ["Components is invalid"]),
        (None, ["incident is missing"]),
    ],
)
async def test_what_is_not_valid_is_said(browser: httpx2.AsyncClient, incident: Any, said: list[str]) -> None:
    answer = await browser.post("/incidents", json={"incident": incident})

    assert (answer.status_code, answer.json()["error"]) == (422, said)


async def test_a_change_without_a_text_adds_an_update_only_with_a_new_status(
    statuspage: Statuspage, browser: httpx2.AsyncClient
) -> None:
    made = (await browser.post("/incidents", json={"incident": {"name": "n", "body": "b"}})).json()

    for change in ({"name": "m"}, {"status": "investigating"}, {"status": "resolved"}):
        await browser.patch(f"/incidents/{made['id']}", json={"incident": change})

    [incident] = statuspage.board.incidents
    assert [one.status for one in incident.entries] == ["investigating", "resolved"]
    assert (await browser.get("/incidents/unresolved")).json() == []
    assert len((await browser.get("/incidents")).json()) == 1


async def test_the_sixty_first_request_of_a_minute_is_turned_away(browser: httpx2.AsyncClient) -> None:
    statuses = [(await browser.get("/incidents")).status_code for _ in range(61)]

    assert statuses == [200] * 60 + [420]


@pytest.mark.parametrize("path", ["/incidents/none", "/../other/incidents"])
async def test_what_is_not_there_is_not_found(browser: httpx2.AsyncClient, path: str) -> None:
    assert (await browser.get(path)).status_code == 404
