from collections import deque
from collections.abc import Sequence

import pytest

from app.outside import signatures
from app.outside.pagerduty.webhooks import WebhookEvent, parse
from app.outside.schemes import PAGERDUTY
from tests.app.demo.pagerduty.conftest import Enqueue
from tests.fakes.inbox import Inbox, Received
from tests.fakes.pagerduty import PagerDuty

pytestmark = pytest.mark.anyio


def is_authentic(got: Received, secrets: Sequence[str]) -> bool:
    said = signatures.verify(PAGERDUTY, got.headers.items(), got.body, secrets, now=None)
    return isinstance(said, signatures.Verified)


async def answered(pagerduty: PagerDuty, enqueue: Enqueue, key: str = "k") -> None:
    await enqueue("trigger", key)
    pagerduty.acknowledge(await pagerduty.pages.expect(role="operator"))


async def test_webhook_is_signed_and_reads_as_ours_does(
    pagerduty: PagerDuty, enqueue: Enqueue, inbox: Inbox
) -> None:
    await answered(pagerduty, enqueue)
    await pagerduty.subscription.idle()

    got = inbox.received[1]
    event = parse(got.body)
    assert is_authentic(got, pagerduty.subscription.secrets)
    assert isinstance(event, WebhookEvent)
    assert (event.event_type, event.incident_key, event.status) == (
        "incident.acknowledged",
        "k",
        "acknowledged",
    )
    assert event.agent
    assert event.agent.name == "Olive Okafor"
    assert event.occurred_at


async def test_rotation_signs_with_both_secrets(pagerduty: PagerDuty, enqueue: Enqueue, inbox: Inbox) -> None:
    pagerduty.subscription.secrets = ("old", "new")
    await answered(pagerduty, enqueue)
    await pagerduty.subscription.idle()

    got = inbox.received[0]
    assert all(is_authentic(got, [one]) for one in ("old", "new"))


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_webhook_is_repeated_under_its_id_and_the_next_one_waits(
    pagerduty: PagerDuty, enqueue: Enqueue, inbox: Inbox, status: int
) -> None:
    inbox.answers = deque([status, status])

    await answered(pagerduty, enqueue)
    await pagerduty.subscription.idle()

    assert inbox.types == ["incident.triggered"] * 3 + ["incident.acknowledged"]
    assert len({one.headers["X-Webhook-Id"] for one in inbox.received}) == 2


async def test_three_refusals_switch_the_subscription_off(
    pagerduty: PagerDuty, enqueue: Enqueue, inbox: Inbox
) -> None:
    inbox.answers = deque([400, 401, 404])

    await answered(pagerduty, enqueue)
    await enqueue("resolve")
    await pagerduty.subscription.idle()
    await enqueue("trigger", "another")
    await pagerduty.pages.expect(role="operator")
    await pagerduty.subscription.idle()

    assert pagerduty.subscription.disabled
    assert len(inbox.received) == 3


async def test_taken_webhook_forgives_the_refusals_before_it(
    pagerduty: PagerDuty, enqueue: Enqueue, inbox: Inbox
) -> None:
    inbox.answers = deque([400, 400, 202, 400])

    await answered(pagerduty, enqueue)
    await answered(pagerduty, enqueue, "another")
    await pagerduty.subscription.idle()

    assert not pagerduty.subscription.disabled


async def test_one_webhook_may_come_several_times(
    pagerduty: PagerDuty, enqueue: Enqueue, inbox: Inbox
) -> None:
    pagerduty.subscription.trouble.copies = 5

    await answered(pagerduty, enqueue)
    await pagerduty.subscription.idle()

    assert inbox.types == ["incident.triggered"] * 5 + ["incident.acknowledged"] * 5
    assert len({one.headers["X-Webhook-Id"] for one in inbox.received}) == 2


async def test_answer_that_is_lost_brings_the_webhook_again(
    pagerduty: PagerDuty, enqueue: Enqueue, inbox: Inbox
) -> None:
    pagerduty.subscription.trouble.lose_first_answer = True

    await answered(pagerduty, enqueue)
    await pagerduty.subscription.idle()

    assert inbox.types == ["incident.triggered"] * 2 + ["incident.acknowledged"] * 2


async def test_webhooks_may_come_out_of_order(pagerduty: PagerDuty, enqueue: Enqueue, inbox: Inbox) -> None:
    pagerduty.subscription.hold()
    await answered(pagerduty, enqueue)
    await enqueue("resolve")

    pagerduty.subscription.release(backwards=True)
    await pagerduty.subscription.idle()

    assert inbox.types == ["incident.resolved", "incident.acknowledged", "incident.triggered"]


async def test_unknown_types_may_come(pagerduty: PagerDuty, enqueue: Enqueue, inbox: Inbox) -> None:
    pagerduty.subscription.trouble.unknown_types = True

    await answered(pagerduty, enqueue)
    await pagerduty.subscription.idle()

    assert inbox.types[::2] == ["incident.moon_phase.changed"] * 2


@pytest.mark.parametrize("signature", ["wrong", "missing"])
async def test_forged_webhooks_may_come(
    pagerduty: PagerDuty, enqueue: Enqueue, inbox: Inbox, signature: str
) -> None:
    pagerduty.subscription.trouble.signature = signature  # type: ignore[assignment]

    await answered(pagerduty, enqueue)
    await pagerduty.subscription.idle()

    got = inbox.received[0]
    assert not is_authentic(got, pagerduty.subscription.secrets)
