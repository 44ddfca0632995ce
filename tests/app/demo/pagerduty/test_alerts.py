import json

import httpx2
import pytest

from app.demo.loopback.limits import RateLimit
from tests.app.demo.pagerduty.conftest import Enqueue
from tests.fakes.pagerduty import PagerDuty

pytestmark = pytest.mark.anyio


def statuses(pagerduty: PagerDuty) -> list[str]:
    return [one.status for one in pagerduty.account.incidents]


async def test_trigger_opens_an_incident_and_rings(pagerduty: PagerDuty, enqueue: Enqueue) -> None:
    answer = await enqueue("trigger")

    page = await pagerduty.pages.expect(role="operator")
    assert (answer.status_code, answer.json()["dedup_key"]) == (202, "k")
    assert (page.person.name, page.title) == ("Olive Okafor", "Checkout is down")


async def test_repeat_joins_the_open_alert_and_rings_nobody(pagerduty: PagerDuty, enqueue: Enqueue) -> None:
    for _ in range(3):
        await enqueue("trigger")

    await pagerduty.pages.expect(role="operator")
    pagerduty.pages.expect_nothing_more()
    assert len(pagerduty.account.incidents[0].log) == 3


async def test_trigger_after_resolve_opens_another_incident(pagerduty: PagerDuty, enqueue: Enqueue) -> None:
    for action in ("trigger", "resolve", "trigger"):
        await enqueue(action)

    await pagerduty.pages.expect(role="operator")
    await pagerduty.pages.expect(role="operator")
    assert statuses(pagerduty) == ["resolved", "triggered"]


async def test_acknowledged_incident_rings_nobody(pagerduty: PagerDuty, enqueue: Enqueue) -> None:
    for action in ("trigger", "acknowledge", "trigger"):
        await enqueue(action)

    await pagerduty.pages.expect(role="operator")
    assert statuses(pagerduty) == ["acknowledged"]


@pytest.mark.parametrize("action", ["acknowledge", "resolve"])
async def test_answer_without_an_open_alert_is_dropped(
    pagerduty: PagerDuty, enqueue: Enqueue, action: str
) -> None:
    answer = await enqueue(action)

    assert answer.status_code == 202
    assert pagerduty.account.incidents == []


@pytest.mark.parametrize("action", ["acknowledge", "resolve"])
async def test_answer_through_another_routing_key_is_dropped(
    pagerduty: PagerDuty, enqueue: Enqueue, action: str
) -> None:
    await enqueue("trigger")
    answer = await enqueue(action, role="commander")

    await pagerduty.pages.expect(role="operator")
    assert (answer.status_code, statuses(pagerduty)) == (202, ["triggered"])


async def test_trigger_without_a_key_is_always_new(pagerduty: PagerDuty, enqueue: Enqueue) -> None:
    keys = {(await enqueue("trigger", None)).json()["dedup_key"] for _ in range(2)}

    await pagerduty.pages.expect(role="operator")
    await pagerduty.pages.expect(role="operator")
    assert len(keys) == 2


@pytest.mark.parametrize(("switch", "value"), [("enabled", False), ("maintenance", True), ("on_call", None)])
async def test_silenced_role_takes_events_and_rings_nobody(
    pagerduty: PagerDuty, enqueue: Enqueue, switch: str, value: object
) -> None:
    setattr(pagerduty.account.rotas["operator"], switch, value)

    answer = await enqueue("trigger")

    assert (answer.status_code, pagerduty.account.incidents) == (202, [])


async def test_auto_pause_holds_the_page_back_for_a_while(pagerduty: PagerDuty, enqueue: Enqueue) -> None:
    pagerduty.account.rotas["operator"].auto_pause = True
    await enqueue("trigger")
    held = list(pagerduty.account.incidents)

    pagerduty.account.release(("operator", "k"))

    await pagerduty.pages.expect(role="operator")
    assert held == []


async def test_pause_ends_by_itself(pagerduty: PagerDuty, enqueue: Enqueue) -> None:
    pagerduty.account.rotas["operator"].auto_pause = True
    pagerduty.auto_pause_seconds = 0.01

    await enqueue("trigger")

    await pagerduty.pages.expect(role="operator")


async def test_alert_that_passes_within_the_pause_never_rings(pagerduty: PagerDuty, enqueue: Enqueue) -> None:
    pagerduty.account.rotas["operator"].auto_pause = True
    for action in ("trigger", "trigger", "resolve"):
        await enqueue(action)

    pagerduty.account.release(("operator", "k"))

    assert pagerduty.account.incidents == []


async def test_acknowledgement_that_runs_out_rings_again(pagerduty: PagerDuty, enqueue: Enqueue) -> None:
    await enqueue("trigger")
    pagerduty.account.unacknowledge(pagerduty.acknowledge(await pagerduty.pages.expect(role="operator")))

    await pagerduty.pages.expect(role="operator")
    assert statuses(pagerduty) == ["triggered"]


async def test_121st_call_in_a_minute_is_throttled_for_its_key_alone(
    pagerduty: PagerDuty, enqueue: Enqueue
) -> None:
    answers = [(await enqueue("resolve")).status_code for _ in range(121)]

    assert answers == [202] * 120 + [429]
    assert (await enqueue("resolve", role="commander")).status_code == 202


def test_rate_limit_slides() -> None:
    seconds = 0.0
    limit = RateLimit(calls=2, clock=lambda: seconds)

    admitted = []
    for seconds in (0.0, 30.0, 59.9, 60.0, 61.0, 90.0):  # noqa: B007 - the clock reads it
        admitted.append(limit.admits("key"))

    assert admitted == [True, True, False, True, False, True]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"routing_key": "short"}, "'routing_key' must be a string of 32 characters"),
        ({"routing_key": "0" * 32}, "Invalid routing key"),
        ({"event_action": "close"}, "'event_action' must be one of trigger, acknowledge, resolve"),
        ({"event_action": "resolve"}, "'dedup_key' is missing"),
        ({"dedup_key": "x" * 256}, "'dedup_key' must be a string of at most 255 characters"),
        ({"payload": None}, "'payload' is missing"),
        (
            {"images": [{"src": "http://example.com/a.png"}]},
            "'images' must be a list of objects with a valid 'src'",
        ),
    ],
)
async def test_invalid_event_is_refused_and_named(
    pagerduty: PagerDuty, browser: httpx2.AsyncClient, change: dict[str, object], complaint: str
) -> None:
    event = {
        "routing_key": pagerduty.account.rotas["operator"].routing_key,
        "event_action": "trigger",
        "payload": {"summary": "x", "source": "y", "severity": "info"},
    }

    answer = await browser.post("/v2/enqueue", json=event | change)

    assert (answer.status_code, answer.json()["status"]) == (400, "invalid event")
    assert complaint in answer.json()["errors"]


@pytest.mark.parametrize(("body", "status"), [(b"{", 400), (b"[]", 400), (b" " * (512 * 1024 + 1), 413)])
async def test_unreadable_or_oversized_body_is_refused(
    browser: httpx2.AsyncClient, body: bytes, status: int
) -> None:
    answer = await browser.post("/v2/enqueue", content=body)

    assert answer.status_code == status
    assert json.loads(answer.content)["errors"]
