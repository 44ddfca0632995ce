from datetime import timedelta
from typing import Any

import pytest

from app.outside import http
from app.outside.pagerduty import events
from app.outside.pagerduty.incident import Incident
from app.outside.pagerduty.rest import Rest, Unanswered
from app.outside.pagerduty.shapes import Payload, Trigger
from app.outside.secret import Secret
from tests.fakes import raw
from tests.fakes.pagerduty import PagerDuty

pytestmark = pytest.mark.anyio
KEY = "opsbook:7:0:1"


@pytest.fixture
async def page(client: http.Client, pagerduty: PagerDuty) -> Any:
    key = Secret(pagerduty.account.rotas["operator"].routing_key)
    payload = Payload(summary="[OPS-7·1] Down", source="checkout", severity="critical")
    await events.send(client, pagerduty.url, Trigger(routing_key=key, dedup_key=KEY, payload=payload))
    return await pagerduty.pages.expect(role="operator")


async def test_incident_is_found_by_our_key(rest: Rest, page: Any) -> None:
    found = await rest.find_incident(KEY)

    assert isinstance(found, Incident)
    assert (found.id, found.status, found.title) == (page.incident_id, "triggered", "[OPS-7·1] Down")
    assert not found.is_answered


async def test_incident_is_found_though_pagerduty_keeps_its_key_on_the_alert(
    rest: Rest, page: Any, pagerduty: PagerDuty
) -> None:
    pagerduty.shows_incident_keys = False

    found = await rest.find_incident(KEY)

    assert isinstance(found, Incident)
    assert found.id == page.incident_id


async def test_acknowledgement_says_who_and_when(rest: Rest, page: Any, pagerduty: PagerDuty) -> None:
    pagerduty.acknowledge(page)

    found = await rest.find_incident(KEY)

    assert isinstance(found, Incident)
    assert (found.status, found.is_answered, found.acknowledged_by) == ("acknowledged", True, "Olive Okafor")
    assert found.created_at
    assert found.acknowledged_at
    assert found.created_at <= found.acknowledged_at


async def test_resolved_incident_is_found_too(rest: Rest, page: Any, pagerduty: PagerDuty) -> None:
    pagerduty.resolve(page)

    found = await rest.find_incident(KEY)

    assert isinstance(found, Incident)
    assert (found.status, found.changed_by) == ("resolved", "Olive Okafor")


async def test_no_incident_is_not_the_same_as_no_answer(rest: Rest, pagerduty: PagerDuty) -> None:
    absent = await rest.find_incident("never sent")
    pagerduty.faults.rest = "500"
    silent = await rest.find_incident("never sent")

    assert (absent, silent) == (None, Unanswered("server_error"))


async def test_wrong_token_is_named(client: http.Client, pagerduty: PagerDuty) -> None:
    rest = Rest(client, pagerduty.url, Secret("wrong"))

    assert await rest.find_incident(KEY) == Unanswered("unauthenticated")


async def test_hanging_api_is_given_up_after_two_seconds(
    rest: Rest, pagerduty: PagerDuty, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.outside.pagerduty.rest.TIMEOUT", timedelta(seconds=0.1))
    pagerduty.faults.rest = "hang"

    assert await rest.find_incident(KEY) == Unanswered("timeout")


async def test_used_up_rate_limit_is_kept_to(rest: Rest, pagerduty: PagerDuty) -> None:
    pagerduty.rest_limit.calls = 2

    answers = [await rest.find_incident(KEY) for _ in range(4)]

    assert answers[:2] == [None, None]
    assert all(isinstance(one, Unanswered) and one.kind == "throttled" for one in answers[2:])
    assert pagerduty.rest_limit.remaining("account") == 0


async def test_throttled_api_says_when_to_come_back(client: http.Client) -> None:
    answer = (
        b"HTTP/1.1 429 Slow\r\nratelimit-remaining: 0\r\nratelimit-reset: 20\r\nContent-Length: 0\r\n\r\n"
    )

    async with raw.answering(answer) as server:
        rest = Rest(client, server.url, Secret("t"))
        first, second = await rest.find_incident(KEY), await rest.find_incident(KEY)

    assert first == Unanswered("throttled", timedelta(seconds=20))
    assert isinstance(second, Unanswered)
    assert len(server.heads) == 1


async def test_request_has_the_headers_that_pagerduty_wants(client: http.Client) -> None:
    async with raw.answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") as server:
        await Rest(client, server.url, Secret("t0k"), "olive@opsbook.example").find_incident("a b&c")

    head = server.heads[0]
    assert "Accept: application/vnd.pagerduty+json;version=2" in head
    assert "Authorization: Token token=t0k" in head
    assert "From: olive@opsbook.example" in head
    assert "incident_key=a+b%26c" in head


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", None),
        (b"[]", Unanswered("bad_response")),
        (b"<html>", Unanswered("bad_response")),
        (b'{"incidents":"none"}', None),
        (b'{"incidents":[7,{"id":1}]}', None),
    ],
)
async def test_odd_answers_are_no_exception(client: http.Client, body: bytes, expected: Any) -> None:
    async with raw.answering(
        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    ) as server:
        assert await Rest(client, server.url, Secret("t")).find_incident(KEY) == expected


async def test_open_incident_is_preferred_to_a_resolved_one(client: http.Client) -> None:
    body = b'{"incidents":[{"id":"A","status":"resolved"},{"id":"B","status":"acknowledged"}]}'

    async with raw.answering(
        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    ) as server:
        found = await Rest(client, server.url, Secret("t")).find_incident(KEY)

    assert isinstance(found, Incident)
    assert found.id == "B"


async def test_token_is_not_shown(rest: Rest, pagerduty: PagerDuty) -> None:
    assert pagerduty.token not in repr(rest)
