"""What is shown with a new key works as it stands."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from typing import Any

import pytest

from app.incidents import examples, sources
from tests.app.doors.conftest import Doors

pytestmark = pytest.mark.anyio
SENT = sorted(name for name, text in examples.EXAMPLES.items() if "curl" in text)
# Every field that PagerDuty's documentation shows, each in the form that it shows.
EVENT: dict[str, Any] = {
    "payload": {
        "summary": "Replication is late on db-3",
        "timestamp": "2026-01-31T08:42:58.315+0000",
        "source": "monitor:cloud:eu-1:859:cluster/db-3",
        "severity": "info",
        "component": "postgres",
        "group": "prod-orders",
        "class": "replication",
        "custom_details": {"lag in s": "1500", "load avg": 0.75},
    },
    "dedup_key": "replication-db-3",
    "images": [{"src": "https://example.com/lag.png", "href": "https://example.com/", "alt": "The lag"}],
    "links": [{"href": "https://example.com/", "text": "The dashboard"}],
    "event_action": "trigger",
    "client": "A monitor",
    "client_url": "https://monitor.example",
}


def test_every_format_has_one() -> None:
    assert set(examples.EXAMPLES) == set(sources.FORMATS)


@pytest.mark.parametrize("sends", SENT)
async def test_the_command_is_answered_202(doors: Doors, sends: str) -> None:
    url = sources.address("http://opsbook.example", name=sends, sends=sends)
    text = examples.example(sends, url=url, key=doors.keys[sends])
    now = datetime.fromisoformat(str(await doors.one("select clock_timestamp()"))).astimezone(UTC)
    text = text.replace("$(date -u +%Y-%m-%dT%H:%M:%SZ)", now.strftime("%Y-%m-%dT%H:%M:%SZ"))
    words = shlex.split(text.replace("\\\n", " "))
    headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
    body = words[words.index("-d") + 1] if "-d" in words else ""

    answer = await doors.http.post(url.removeprefix("http://opsbook.example"), content=body, headers=headers)

    assert url in words
    assert answer.status_code == 202, answer.text


async def test_the_three_events_of_pagerdutys_documentation_are_answered_as_there(doors: Doors) -> None:
    over = {"dedup_key": EVENT["dedup_key"]}
    events = [EVENT, {**over, "event_action": "acknowledge"}, {**over, "event_action": "resolve"}]
    states = []
    for event in events:
        answer = await doors.http.post("/v2/enqueue", json={"routing_key": doors.keys["pagerduty"], **event})
        states.append(await doors.one("select status from alert"))

        told = {"status": "success", "message": "Event processed", "dedup_key": EVENT["dedup_key"]}
        assert (answer.status_code, answer.json()) == (202, told)

    assert states == ["triggered", "acknowledged", "resolved"]


async def test_an_event_without_a_key_is_told_the_one_it_got(doors: Doors) -> None:
    event = {name: value for name, value in EVENT.items() if name != "dedup_key"}

    answer = await doors.http.post("/v2/enqueue", json={"routing_key": doors.keys["pagerduty"], **event})

    assert answer.json()["dedup_key"] == await doors.one("select dedup_key from alert")


@pytest.mark.parametrize(("size", "status"), [(512 * 1024, 202), (512 * 1024 + 1, 413)])
async def test_a_body_may_have_512_kb_and_not_a_byte_more(doors: Doors, size: int, status: int) -> None:
    headers = {"authorization": f"Bearer {doors.keys['json']}"}
    body = b'{"dedup_key": "k", "summary": "s"}'.ljust(size)

    answer = await doors.http.post("/ingest/json/json", content=body, headers=headers)

    assert answer.status_code == status
