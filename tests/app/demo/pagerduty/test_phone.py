import re

import httpx2
import pytest

from tests.app.demo.pagerduty.conftest import Enqueue
from tests.fakes.pagerduty import PagerDuty

pytestmark = pytest.mark.anyio


async def test_phone_rings_on_the_page(
    pagerduty: PagerDuty, browser: httpx2.AsyncClient, enqueue: Enqueue
) -> None:
    await enqueue("trigger", role="commander")
    await pagerduty.pages.expect(role="commander")

    page = (await browser.get("/")).text

    assert 'class="phone ringing" id="phone-commander"' in page
    assert page.count("ringing") == 2
    assert "Ivan Ivanov" in page


async def test_summary_cannot_write_markup(pagerduty: PagerDuty, browser: httpx2.AsyncClient) -> None:
    rota = pagerduty.account.rotas["operator"]
    payload = {"summary": "<script>alert(1)</script>", "source": "<b>", "severity": "info"}
    pagerduty.account.take(rota, {"event_action": "trigger", "payload": payload})
    await pagerduty.pages.expect(role="operator")

    page = (await browser.get("/")).text

    assert "<script>alert" not in page
    assert "<b>" not in page


async def test_page_keeps_to_a_strict_policy(browser: httpx2.AsyncClient) -> None:
    answer = await browser.get("/")

    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<style|<script>| style=| on\w+=", answer.text)
    for asset in re.findall(r'(?:src|href)="(/[^"]+)"', answer.text):
        assert (await browser.get(asset)).status_code == 200


async def test_unchanged_page_is_not_sent_again(
    pagerduty: PagerDuty, browser: httpx2.AsyncClient, enqueue: Enqueue
) -> None:
    seen = {"If-None-Match": (await browser.get("/")).headers["ETag"]}

    before = await browser.get("/", headers=seen)
    await enqueue("trigger")
    await pagerduty.pages.expect(role="operator")
    after = await browser.get("/", headers=seen)

    assert (before.status_code, after.status_code) == (304, 200)


@pytest.mark.parametrize(
    ("button", "status"), [("acknowledgement", "acknowledged"), ("resolution", "resolved")]
)
async def test_button_acts_as_the_person_on_call(
    pagerduty: PagerDuty, browser: httpx2.AsyncClient, enqueue: Enqueue, button: str, status: str
) -> None:
    await enqueue("trigger")
    page = await pagerduty.pages.expect(role="operator")

    answer = await browser.post(f"/phone/{page.incident_id}/{button}")

    incident = pagerduty.account.incidents[0]
    assert (answer.status_code, incident.status) == (303, status)
    assert incident.changed_by == page.person


async def test_button_of_another_site_does_nothing(
    pagerduty: PagerDuty, browser: httpx2.AsyncClient, enqueue: Enqueue
) -> None:
    await enqueue("trigger")
    page = await pagerduty.pages.expect(role="operator")

    answer = await browser.post(
        f"/phone/{page.incident_id}/resolution", headers={"Sec-Fetch-Site": "cross-site"}
    )

    assert (answer.status_code, pagerduty.account.incidents[0].status) == (404, "triggered")


async def test_page_of_another_host_is_not_served(browser: httpx2.AsyncClient) -> None:
    answer = await browser.get("/", headers={"Host": "evil.example"})

    assert answer.status_code == 400


@pytest.mark.parametrize("fault", ["500", "429", "hang", "reset", "lose_reply", "none"])
async def test_trouble_is_switched_on_the_page(
    pagerduty: PagerDuty, browser: httpx2.AsyncClient, fault: str
) -> None:
    await browser.post("/trouble", data={"events": fault})

    assert pagerduty.faults.events == fault
    assert f'value="{fault}" aria-pressed="true"' in (await browser.get("/")).text


@pytest.mark.parametrize("switch", ["maintenance", "auto_pause"])
async def test_switch_is_turned_on_and_off(
    pagerduty: PagerDuty, browser: httpx2.AsyncClient, switch: str
) -> None:
    await browser.post("/trouble", data={switch: "on"})
    on = [getattr(one, switch) for one in pagerduty.account.rotas.values()]
    await browser.post("/trouble", data={switch: "off"})
    off = [getattr(one, switch) for one in pagerduty.account.rotas.values()]

    assert (on, off) == ([True] * 3, [False] * 3)


async def test_unknown_trouble_is_refused(browser: httpx2.AsyncClient) -> None:
    assert (await browser.post("/trouble", data={"events": "fire"})).status_code == 404
