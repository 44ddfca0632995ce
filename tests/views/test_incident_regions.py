from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from httpx2 import AsyncClient

from app.security import sessions
from tests import application
from tests.app.incidents.world import World
from views.guard.sessions import NAME

pytestmark = pytest.mark.anyio
STANDS = """
    insert into trend_standing
        (stream, minute, about, state, severity, held, inside_since, incident_id, evidence)
    select 'checkout', moment, 'monetisation', 'normal', 'S3', 'S3', moment - interval '12 minutes', 1, '{}'
      from (select date_bin('1 minute', clock_timestamp() - interval '70 s', 'epoch') as moment) as now
"""
STREAM = "insert into activity_stream (name, first_at) values ('checkout', clock_timestamp())"


@pytest.fixture
async def http(world: World, redis_url: str) -> AsyncIterator[AsyncClient]:
    async with world.database.unit_of_work() as work:
        key = await sessions.begin(work, world.olive.id or 0, user_agent="Firefox", address="::1")
    async with application.opened(world.url, redis_url) as client:
        client.headers["Cookie"] = f"{NAME}={key}"
        yield client


@pytest.mark.parametrize("region", ["head", "trend", "timeline", "response"])
async def test_every_region_of_an_incident_comes_by_itself(
    world: World, http: AsyncClient, region: str
) -> None:
    await world.declare()

    answer = await http.get(f"/incidents/1/{region}", headers={"HX-Request": "true"})

    assert answer.status_code == 200
    assert f'id="{region}"' in answer.text


async def test_an_incident_shows_the_line_that_it_is_about_and_that_it_is_back(
    world: World, http: AsyncClient
) -> None:
    await world.declare()
    await world.change(STREAM)
    await world.change(STANDS)

    page = (await http.get("/incidents/1")).text

    assert "Checkout per minute" in page
    assert '<li id="m-1"><a href="#t-1">Declared' in page
    assert re.search(r"back inside for 1[34] minutes\. Recovery is ready to be recorded\.", page)


async def test_a_page_that_may_have_reached_nobody_is_in_red_until_somebody_answers(
    world: World, http: AsyncClient
) -> None:
    await world.declare()
    await world.change("update page set trouble = 'not_accepted' where step = 1")

    everywhere, here = (await http.get("/activity")).text, (await http.get("/incidents/1")).text
    await world.acknowledge(1)
    after = (await http.get("/incidents/1")).text

    assert "may have reached nobody" in everywhere
    assert "PagerDuty has not taken the page for the operator" in here
    assert "may have reached nobody" not in after
    assert "PagerDuty has not taken" not in after
