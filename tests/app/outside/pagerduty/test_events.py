import asyncio
import json
import logging
from datetime import timedelta
from typing import Any

import pytest

from app.demo.pagerduty import rules
from app.outside import http
from app.outside.pagerduty import events
from app.outside.pagerduty.events import Accepted, Failed, Refused, Throttled
from app.outside.pagerduty.shapes import Acknowledge, Event, Image, Link, Payload, Resolve, Trigger
from app.outside.secret import Secret
from tests.fakes import raw
from tests.fakes.pagerduty import PagerDuty

pytestmark = pytest.mark.anyio
KEY = Secret("0123456789abcdef0123456789abcdef")
SOON = timedelta(seconds=0.2)


def a_trigger(key: Secret = KEY, **payload: Any) -> Trigger:
    content = {
        "summary": "[OPS-7·1] Checkout is down",
        "source": "checkout",
        "severity": "critical",
        **payload,
    }
    return Trigger(routing_key=key, dedup_key="opsbook:7:0:1", payload=Payload(**content))


def key_of(pagerduty: PagerDuty, role: str = "operator") -> Secret:
    return Secret(pagerduty.account.rotas[role].routing_key)


async def test_trigger_pages_the_operator(client: http.Client, pagerduty: PagerDuty) -> None:
    outcome = await events.send(client, pagerduty.url, a_trigger(key_of(pagerduty)))

    page = await pagerduty.pages.expect(role="operator")
    assert outcome == Accepted("opsbook:7:0:1")
    assert (page.dedup_key, page.title) == ("opsbook:7:0:1", "[OPS-7·1] Checkout is down")


async def test_acknowledge_and_resolve_reach_the_incident(client: http.Client, pagerduty: PagerDuty) -> None:
    key, statuses = key_of(pagerduty), []
    await events.send(client, pagerduty.url, a_trigger(key))
    page = await pagerduty.pages.expect(role="operator")

    for answer in (Acknowledge, Resolve):
        await events.send(client, pagerduty.url, answer(routing_key=key, dedup_key="opsbook:7:0:1"))
        statuses.append(pagerduty.account.incident(page.incident_id).status)  # type: ignore[union-attr]

    assert statuses == ["acknowledged", "resolved"]


@pytest.mark.parametrize(
    "event",
    [
        a_trigger(),
        a_trigger(summary="é" * 5000),
        a_trigger(
            summary="x" * 1024, custom_details={"verdict": {"ratio": 0.41}, "points": [1, 2]}, component="pay"
        ),
        a_trigger(custom_details={"log": "é" * 600_000}),
        a_trigger(custom_details={"half a pair": "\ud800"}),
        Trigger(
            routing_key=KEY,
            payload=Payload(
                summary="x", source="y", severity="info", class_="c", timestamp="2026-01-31T09:00:00Z"
            ),
            links=[Link(href="https://ops.example/incidents/7", text="OPS-7")],
            images=[Image(src="https://ops.example/7.png")],
            client="Opsbook",
            client_url="https://ops.example",
        ),
        Acknowledge(routing_key=KEY, dedup_key="x" * 255),
        Resolve(routing_key=KEY, dedup_key="x"),
    ],
)
def test_every_body_keeps_to_pagerdutys_rules(event: Event) -> None:
    body = events.encoded(event)

    assert rules.complaints(json.loads(body)) == []
    assert len(body) <= 512_000


def test_details_that_are_too_large_are_left_out_and_say_so() -> None:
    body = json.loads(events.encoded(a_trigger(custom_details={"log": "x" * 600_000})))

    assert body["payload"]["custom_details"] == events.LEFT_OUT


def test_details_that_are_too_deep_are_left_out() -> None:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]

    body = json.loads(events.encoded(a_trigger(custom_details={"deep": deep})))

    assert body["payload"]["custom_details"] == events.LEFT_OUT


async def test_wrong_key_is_refused_for_good_and_not_quoted(
    client: http.Client, pagerduty: PagerDuty
) -> None:
    outcome = await events.send(client, pagerduty.url, a_trigger(KEY))

    assert isinstance(outcome, Refused)
    assert (outcome.permanent, outcome.status) == (True, 400)
    assert "Invalid routing key" in outcome.reason


async def test_key_that_an_answer_quotes_is_masked(client: http.Client) -> None:
    said = b'{"status":"invalid event","message":"No such key: %s","errors":[]}' % KEY.reveal().encode()
    answer = b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\n\r\n%s" % (len(said), said)

    async with raw.answering(answer) as server:
        outcome = await events.send(client, server.url, a_trigger())

    assert outcome == Refused(400, "No such key: (secret)")


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"errors":7}', b"[" * 9999])
async def test_refusal_without_words_is_still_a_refusal(client: http.Client, body: bytes) -> None:
    async with raw.answering(
        b"HTTP/1.1 400 No\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    ) as server:
        outcome = await events.send(client, server.url, a_trigger())

    assert outcome == Refused(400, "PagerDuty answered 400 without a reason.")


async def test_throttling_says_how_long_to_wait(client: http.Client, pagerduty: PagerDuty) -> None:
    pagerduty.faults.events, pagerduty.faults.retry_after = "429", 2

    outcome = await events.send(client, pagerduty.url, a_trigger(key_of(pagerduty)))

    assert outcome == Throttled(timedelta(seconds=2))


async def test_server_error_is_to_be_tried_again(client: http.Client, pagerduty: PagerDuty) -> None:
    pagerduty.faults.events = "500"

    assert await events.send(client, pagerduty.url, a_trigger()) == Failed("server_error", 500)


async def test_hanging_pager_is_given_up(client: http.Client, pagerduty: PagerDuty) -> None:
    pagerduty.faults.events = "hang"

    assert await events.send(client, pagerduty.url, a_trigger(), within=SOON) == Failed("timeout")


async def test_reset_connection_is_to_be_tried_again(client: http.Client, pagerduty: PagerDuty) -> None:
    pagerduty.faults.events = "reset"

    assert await events.send(client, pagerduty.url, a_trigger()) == Failed("connection_reset")
    pagerduty.pages.expect_nothing_more()


@pytest.mark.parametrize(("fault", "kind"), [("lose_reply", "connection_reset"), ("late", "timeout")])
async def test_lost_reply_is_sent_again_and_pages_once(
    client: http.Client, pagerduty: PagerDuty, fault: Any, kind: Any
) -> None:
    pagerduty.faults.once.append(fault)
    pagerduty.faults.late_seconds = 0.3
    event = a_trigger(key_of(pagerduty))

    outcomes = [await events.send(client, pagerduty.url, event, within=SOON) for _ in range(2)]

    await pagerduty.pages.expect(role="operator")
    assert outcomes == [Failed(kind), Accepted("opsbook:7:0:1")]


@pytest.mark.parametrize(
    ("status", "reason"), [(200, "OK"), (204, "None"), (301, "Moved"), (403, "No"), (404, "Gone")]
)
async def test_only_202_is_acceptance(client: http.Client, status: int, reason: str) -> None:
    async with raw.answering(f"HTTP/1.1 {status} {reason}\r\nContent-Length: 0\r\n\r\n".encode()) as server:
        outcome = await events.send(client, server.url, a_trigger())

    assert outcome == Failed("unexpected_answer", status)


async def test_hanging_key_does_not_hold_up_another(client: http.Client, pagerduty: PagerDuty) -> None:
    pagerduty.faults.by_role["operator"] = "hang"
    hung = [events.send(client, pagerduty.url, a_trigger(key_of(pagerduty)), within=SOON) for _ in range(200)]

    outcomes = await asyncio.gather(
        *hung, events.send(client, pagerduty.url, a_trigger(key_of(pagerduty, "commander")))
    )

    await pagerduty.pages.expect(role="commander")
    assert outcomes == [Failed("timeout")] * 200 + [Accepted("opsbook:7:0:1")]


async def test_key_is_in_no_log_and_no_repr(
    client: http.Client, pagerduty: PagerDuty, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    event, shown = a_trigger(), []

    for fault in ("none", "500", "lose_reply"):
        pagerduty.faults.events = fault
        shown.append(repr(await events.send(client, pagerduty.url, event)))

    assert KEY.reveal() not in f"{shown} {event!r} {caplog.text}"
