from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from httpx2 import AsyncClient

from app.incidents import acknowledgement, opening
from app.incidents.words import Severity
from app.security import sessions
from tests import application
from tests.app.incidents.world import World
from views.guard.sessions import NAME

pytestmark = pytest.mark.anyio
COUNT = 105  # more than a page


@pytest.fixture
async def http(world: World, redis_url: str) -> AsyncIterator[AsyncClient]:
    key = await world.do(sessions.begin, world.olive.id, user_agent="test", address="::1")
    async with application.opened(world.url, redis_url) as client:
        client.headers["cookie"] = f"{NAME}={key}"
        yield client


@pytest.fixture
async def many(world: World) -> None:
    async with world.database.unit_of_work() as work:
        for at in range(COUNT):
            severity = Severity.S3 if at % 2 else Severity.S2
            await opening.declare(work, world.olive, title=f"=Fault {at}", severity=severity)
        await acknowledgement.acknowledge(work, world.olive, 1, via="console")


async def rows(http: AsyncClient, address: str) -> list[dict[str, str]]:
    answer = await http.get(address)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return [*csv.DictReader(io.StringIO(answer.text))]


@pytest.mark.usefixtures("many")
async def test_the_list_is_a_file_with_every_row_and_no_formula(http: AsyncClient) -> None:
    found = await rows(http, "/incidents.csv")

    assert [one["number"] for one in found] == [str(number) for number in range(COUNT, 0, -1)]
    assert {one["title"][0] for one in found} == {"'"}
    assert found[-1]["acknowledgedBy"] == "Olive"


@pytest.mark.usefixtures("many")
async def test_the_file_is_narrowed_like_the_list(http: AsyncClient) -> None:
    tomorrow = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"

    counts = [
        len(await rows(http, f"/incidents.csv?{query}"))
        for query in ("severity=S3", "source=-", "source=probe", f"from={tomorrow}", f"to={tomorrow}")
    ]

    assert counts == [52, COUNT, 0, 0, COUNT]


@pytest.mark.usefixtures("many")
async def test_the_list_opened_from_a_figure_shows_what_the_figure_counts(http: AsyncClient) -> None:
    group = await rows(http, "/incidents/metrics.csv?days=7")
    begins, ends = group[0]["begins"], f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"

    page = (await http.get(f"/incidents?from={begins}&to={ends}&severity=S2")).text

    assert group[0]["incidents"] == str(COUNT)
    assert page.count('class="chip"') == 2
    assert "=Fault 104" in page


@pytest.mark.usefixtures("many")
async def test_the_page_shows_a_window_and_says_what_is_wrong_with_one(http: AsyncClient) -> None:
    good = await http.get("/incidents/metrics?every=MONTH")
    wrong = await http.get("/incidents/metrics?from=2026-11-02&to=2026-10-01")

    assert good.status_code == 200
    assert good.text.count('class="card plot"') == 4
    assert wrong.status_code == 422
    assert "must end after it begins" in wrong.text
