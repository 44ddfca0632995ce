import sys
from subprocess import Popen

import httpx2
import pytest

from app import settings
from tests.app.demo.pagerduty.conftest import Enqueue
from tests.fakes.pagerduty import PagerDuty

pytestmark = pytest.mark.anyio


async def test_faults_and_switches_are_set_over_http(
    pagerduty: PagerDuty, browser: httpx2.AsyncClient, enqueue: Enqueue
) -> None:
    wanted = {
        "faults": {"once": ["500"], "retry_after": 2, "shares": {"429": 1.0}},
        "webhooks": {"copies": 2},
        "subscription": {"url": None, "secrets": ["a", "b"], "retry_seconds": [1]},
        "rotas": {"operator": {"auto_pause": True, "on_call": False}},
    }

    await browser.post("/_control", json=wanted)

    answers = [await enqueue("trigger") for _ in range(2)]
    assert [one.status_code for one in answers] == [500, 429]
    assert answers[1].headers["Retry-After"] == "2"
    assert pagerduty.subscription.secrets == ("a", "b")
    assert pagerduty.subscription.trouble.copies == 2
    assert pagerduty.account.rotas["operator"].on_call is None


async def test_people_act_over_http(
    pagerduty: PagerDuty, browser: httpx2.AsyncClient, enqueue: Enqueue
) -> None:
    await enqueue("trigger")
    await pagerduty.pages.expect(role="operator")

    shown = await browser.post("/_control", json={"people": {"acknowledge": "k"}})

    assert shown.json()["incidents"][0]["status"] == "acknowledged"
    assert [one["role"] for one in shown.json()["notifications"]] == ["operator"]
    assert [one["action"] for one in shown.json()["calls"]] == ["trigger"]


@pytest.mark.parametrize(
    "wanted",
    [
        {"weather": {}},
        {"faults": {"chance": 1}},
        {"faults": {"colour": 1}},
        {"webhooks": {"colour": 1}},
        {"subscription": {"trouble": 1}},
        {"rotas": {"janitor": {}}},
        {"rotas": {"operator": {"routing_key": "x"}}},
        {"people": {"acknowledge": "nothing"}},
        [],
    ],
)
async def test_what_is_not_known_is_refused(browser: httpx2.AsyncClient, wanted: object) -> None:
    assert (await browser.post("/_control", json=wanted)).status_code == 400


async def test_control_takes_json_alone(browser: httpx2.AsyncClient) -> None:
    assert (await browser.post("/_control", data={"faults": "x"})).status_code == 415


async def test_settings_point_opsbook_at_the_stand_in(pagerduty: PagerDuty) -> None:
    found = settings.read(pagerduty.settings(pagerduty.url))

    assert (found.pagerduty_events_url, found.pagerduty_api_url) == (pagerduty.url, pagerduty.url)
    assert found.pagerduty_routing_key_policy_owner == pagerduty.account.rotas["policy_owner"].routing_key
    assert found.pagerduty_webhook_secrets == pagerduty.subscription.secrets


async def test_stand_in_runs_as_a_process_of_its_own(unused_port: int) -> None:
    given = {"--port": str(unused_port), "--routing-key": f"operator={'0' * 32}", "--token": "t"}
    arguments = [
        *(part for pair in given.items() for part in pair),
        "--person",
        "operator=Mara Moss <mara@a.example>",
    ]
    with Popen([sys.executable, "-m", "app.demo.pagerduty", *arguments]) as process:
        try:
            async with httpx2.AsyncClient(transport=httpx2.AsyncHTTPTransport(retries=8)) as client:
                answer = await client.get(f"http://127.0.0.1:{unused_port}/", timeout=10)
        finally:
            process.terminate()

    assert "Mara Moss" in answer.text


@pytest.mark.parametrize(
    "option",
    [
        ("--routing-key", "operator=short"),
        ("--routing-key", f"janitor={'0' * 32}"),
        ("--routing-key", "operator"),
        ("--person", "operator=nobody"),
    ],
)
async def test_wrong_option_is_refused_at_the_start(option: tuple[str, str]) -> None:
    with Popen([sys.executable, "-m", "app.demo.pagerduty", "--port", "9", *option]) as process:
        assert process.wait() == 2
