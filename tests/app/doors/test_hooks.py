from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest

from tests.app.doors.conftest import SECRET, Doors

pytestmark = pytest.mark.anyio

PING = {"event": {"id": "E1", "event_type": "pagey.ping", "occurred_at": "2026-11-23T05:00:00Z", "data": {}}}


def signature(body: bytes, secret: str = SECRET) -> str:
    return "v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


async def send(doors: Doors, content: Any, *, signed: str | None = None, webhook_id: str = "W1") -> Any:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    headers = {"x-webhook-id": webhook_id}
    headers["x-pagerduty-signature"] = signature(body) if signed is None else signed
    return await doors.http.post("/hooks/pagerduty", content=body, headers=headers)


async def test_an_event_of_an_unknown_kind_is_taken(doors: Doors) -> None:
    answer = await send(doors, PING)

    assert answer.status_code == 202
    assert await doors.one("select event_type from provider_event") == "pagey.ping"


@pytest.mark.parametrize("body", [b"not json", b"[]", b"{}", b'{"event": 3}', '{"ü": 1}'.encode()])
async def test_an_authentic_body_is_never_refused(doors: Doors, body: bytes) -> None:
    answer = await send(doors, body)

    assert answer.status_code == 202


@pytest.mark.parametrize("signed", ["", "v1=", "v1=00", "v2=" + "0" * 64, signature(b"another body")])
async def test_a_body_that_pagerduty_did_not_sign_is_refused(doors: Doors, signed: str) -> None:
    answer = await send(doors, PING, signed=signed)

    assert answer.status_code == 401
    assert await doors.one("select count(*) from provider_event") == 0


async def test_a_doubled_signature_is_refused_and_the_sender_told_why(doors: Doors) -> None:
    body = json.dumps(PING).encode()

    headers = [("x-pagerduty-signature", signature(body))] * 2
    answer = await doors.http.post("/hooks/pagerduty", content=body, headers=headers)

    assert (answer.status_code, "came twice" in answer.text) == (401, True)


async def test_one_of_two_signatures_is_enough(doors: Doors) -> None:
    body = json.dumps(PING).encode()

    answer = await send(doors, body, signed=f"{signature(body, 'unknown')},{signature(body)}")

    assert answer.status_code == 202


async def test_the_same_webhook_five_times_is_one(doors: Doors) -> None:
    answers = [(await send(doors, PING)).json()["status"] for _ in range(5)]

    assert answers == ["ignored", *["repeated"] * 4]
    assert await doors.one("select count(*) from provider_event") == 1
