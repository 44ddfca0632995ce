"""The link of a page over HTTP: whoever only looks, human or machine, changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from httpx2 import AsyncClient

from app.incidents import links
from app.incidents.words import Severity
from tests import application
from tests.app.incidents.world import World

pytestmark = pytest.mark.anyio
OURS = {"Origin": application.ADDRESS}  # what a browser says when the form is ours
TABLES = ("incident", "page", "escalation_step", "incident_event", "audit_event", "participant")


@pytest.fixture
async def http(world: World, redis_url: str) -> AsyncIterator[AsyncClient]:
    async with application.opened(world.url, redis_url) as client:
        yield client


async def address(world: World) -> str:
    number = await world.declare(severity=Severity.S2)
    queued_at = await world.one("select queued_at from page where step = 1")
    call = {"number": number, "generation": 1, "step": 1, "queued_at": queued_at}
    return links.acknowledgement_link("", "k" * 32, **call)


async def everything(world: World) -> list[object]:
    return [await world.rows(f"select * from {table} order by 1, 2, 3") for table in TABLES]


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GET", {}),
        ("HEAD", {}),
        ("OPTIONS", {}),
        ("PUT", {}),
        ("GET", {"Sec-Purpose": "prefetch;prerender"}),
        ("GET", {"User-Agent": "Mozilla/5.0 (Windows NT 10.0) SafeLinks"}),
        ("GET", {"X-HTTP-Method-Override": "POST"}),
    ],
)
async def test_looking_changes_nothing(
    world: World, http: AsyncClient, method: str, headers: dict[str, str]
) -> None:
    link = await address(world)
    before = await everything(world)

    for query in ("", "?_method=POST&acknowledge=1"):
        await http.request(method, link + query, headers=headers)

    assert await everything(world) == before


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://elsewhere.example"}])
async def test_a_form_that_is_not_sent_from_its_page_changes_nothing(
    world: World, http: AsyncClient, headers: dict[str, str]
) -> None:
    link = await address(world)
    before = await everything(world)

    answer = await http.post(link, headers=headers)

    assert answer.status_code == 403
    assert await everything(world) == before


async def test_the_button_does_it_once_and_then_says_who_and_when(world: World, http: AsyncClient) -> None:
    link = await address(world)

    first, second = await http.post(link, headers=OURS), await http.post(link, headers=OURS)
    look = await http.get(link)

    assert (first.status_code, second.status_code, look.status_code) == (200, 409, 200)
    assert "On-call operator (link)" in second.text
    assert "<button" not in look.text.partition("<main")[2]
    assert (await world.kinds(1)).count("acknowledged") == 1
    assert "acknowledged_also" not in await world.kinds(1)


async def test_a_link_answers_its_own_incident_alone(world: World, http: AsyncClient) -> None:
    link = await address(world)
    other = await world.declare("Another", Severity.S2)

    await http.post(link, headers=OURS)

    assert await world.status(1) == "acknowledged"
    assert await world.status(other) == "triggered"


async def test_after_a_day_it_answers_nothing(world: World, http: AsyncClient) -> None:
    link = await address(world)
    await world.advance(hours=25)

    answer = await http.post(link, headers=OURS)

    assert answer.status_code == 410
    assert await world.status(1) == "triggered"
