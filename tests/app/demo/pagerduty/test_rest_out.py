import httpx2
import pytest

from tests.app.demo.pagerduty.conftest import Enqueue
from tests.fakes.pagerduty import PagerDuty

pytestmark = pytest.mark.anyio


@pytest.fixture
def api(pagerduty: PagerDuty, browser: httpx2.AsyncClient) -> httpx2.AsyncClient:
    browser.headers = httpx2.Headers(
        {"Authorization": f"Token token={pagerduty.token}", "From": "ivan@opsbook.example"}
    )
    return browser


async def opened(pagerduty: PagerDuty, enqueue: Enqueue) -> str:
    await enqueue("trigger")
    return (await pagerduty.pages.expect(role="operator")).incident_id


@pytest.mark.parametrize("status", ["acknowledged", "resolved"])
async def test_user_changes_an_incident(
    pagerduty: PagerDuty, enqueue: Enqueue, api: httpx2.AsyncClient, status: str
) -> None:
    wanted = {"id": await opened(pagerduty, enqueue), "type": "incident_reference", "status": status}

    answer = await api.put("/incidents", json={"incidents": [wanted]})

    shown = answer.json()["incidents"][0]
    assert (shown["status"], shown["last_status_change_by"]["summary"]) == (status, "Ivan Ivanov")


async def test_change_needs_a_user_and_an_open_incident(
    pagerduty: PagerDuty, enqueue: Enqueue, api: httpx2.AsyncClient
) -> None:
    wanted = {"incidents": [{"id": await opened(pagerduty, enqueue), "status": "resolved"}]}

    stranger = await api.put("/incidents", json=wanted, headers={"From": "stranger@opsbook.example"})
    await api.put("/incidents", json=wanted)
    too_late = await api.put("/incidents", json=wanted)

    assert [one.json()["error"]["code"] for one in (stranger, too_late)] == [1008, 1001]


async def test_incident_is_listed_by_key_status_and_role(
    pagerduty: PagerDuty, enqueue: Enqueue, api: httpx2.AsyncClient
) -> None:
    incident_id = await opened(pagerduty, enqueue)

    queries = [
        "incident_key=k",
        "statuses[]=triggered",
        "service_ids[]=PSOPER",
        "statuses[]=resolved",
        "incident_key=x",
    ]
    found = [(await api.get(f"/incidents?{query}")).json()["incidents"] for query in queries]

    assert [len(one) for one in found] == [1, 1, 1, 0, 0]
    assert (await api.get(f"/incidents/{incident_id}")).json()["incident"]["incident_key"] == "k"


@pytest.mark.parametrize("path", ["/incidents/NOBODY", "/services/NOBODY"])
async def test_what_is_not_there_is_not_found(api: httpx2.AsyncClient, path: str) -> None:
    assert (await api.get(path)).status_code == 404


async def test_every_answer_tells_the_rate_limit(api: httpx2.AsyncClient) -> None:
    answers = [await api.get("/services") for _ in range(2)]

    assert [one.headers["ratelimit-remaining"] for one in answers] == ["959", "958"]


async def test_token_is_demanded(browser: httpx2.AsyncClient) -> None:
    answer = await browser.get("/incidents", headers={"Authorization": "Token token=wrong"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, 2006)


@pytest.mark.parametrize(("open_incidents", "status"), [(0, "active"), (1, "critical")])
async def test_role_shows_how_it_stands(
    pagerduty: PagerDuty, enqueue: Enqueue, api: httpx2.AsyncClient, open_incidents: int, status: str
) -> None:
    for _ in range(open_incidents):
        await opened(pagerduty, enqueue)

    assert (await api.get("/services/PSOPER")).json()["service"]["status"] == status
