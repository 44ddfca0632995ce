from __future__ import annotations

import json
from typing import Any

import pytest

from tests.app.doors.conftest import Doors

pytestmark = pytest.mark.anyio

ALERT = {
    "status": "firing",
    "labels": {"alertname": "Down"},
    "startsAt": "2026-11-23T04:31:10Z",
    "fingerprint": "f1",
}
GROUP: dict[str, Any] = {"version": "4", "groupKey": "g", "status": "firing", "alerts": [ALERT]}
PAYLOAD = {"summary": "Checkout is down", "source": "shell", "severity": "critical"}
EVENT: dict[str, Any] = {"event_action": "trigger", "dedup_key": "k", "payload": PAYLOAD}
DEEP = b"[" * 100_000
ALERTMANAGER, ENQUEUE = "/ingest/alertmanager/alertmanager", "/v2/enqueue"


def without(body: dict[str, Any], *path: str) -> dict[str, Any]:
    copied = json.loads(json.dumps(body))
    inner = copied
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    return dict(copied)


def changed(body: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    return {**body, "payload": {**body["payload"], name: value}}


async def alertmanager(doors: Doors, content: bytes, *, key: str | None = None) -> Any:
    headers = {"authorization": f"Bearer {doors.keys['alertmanager'] if key is None else key}"}
    return await doors.http.post(ALERTMANAGER, content=content, headers=headers)


async def enqueue(doors: Doors, event: dict[str, Any]) -> Any:
    return await doors.http.post(ENQUEUE, json={"routing_key": doors.keys["pagerduty"], **event})


async def refused(doors: Doors, answer: Any, status: int, *path: str) -> None:
    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (status, status), problem
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem.get("path", []) == list(path)
    assert set((await doors.rows()).values()) == {0, len(doors.keys)}, "only the sources' audit rows stand"


async def test_an_alert_is_answered_202_and_stored(doors: Doors) -> None:
    answer = await alertmanager(doors, json.dumps(GROUP).encode())

    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    assert await doors.one("select count(*) from alert") == 1


async def test_an_event_is_answered_as_pagerduty_does(doors: Doors) -> None:
    answer = await enqueue(doors, EVENT)

    assert answer.status_code == 202
    assert answer.json() == {"status": "success", "message": "Event processed", "dedup_key": "k"}


@pytest.mark.parametrize("action", ["acknowledge", "resolve"])
async def test_an_action_on_no_open_alert_is_answered_202_and_opens_nothing(
    doors: Doors, action: str
) -> None:
    answer = await enqueue(doors, {"event_action": action, "dedup_key": "unknown"})

    assert answer.status_code == 202
    assert await doors.one("select count(*) from incident") == 0


@pytest.mark.parametrize(
    ("event", "path"),
    [
        (without(EVENT, "payload"), ("payload",)),
        (without(EVENT, "payload", "summary"), ("payload", "summary")),
        (without(EVENT, "payload", "severity"), ("payload", "severity")),
        (changed(EVENT, "severity", "dreadful"), ("payload", "severity")),
        (changed(EVENT, "summary", "s" * 1025), ("payload", "summary")),
        (changed(EVENT, "timestamp", "yesterday"), ("payload", "timestamp")),
        ({**EVENT, "dedup_key": "k" * 256}, ("dedup_key",)),
        ({**EVENT, "event_action": "shout"}, ("event_action",)),
        ({"event_action": "resolve"}, ("dedup_key",)),
    ],
)
async def test_a_wrong_event_names_its_field(
    doors: Doors, event: dict[str, Any], path: tuple[str, ...]
) -> None:
    await refused(doors, await enqueue(doors, event), 400, *path)


@pytest.mark.parametrize(
    ("group", "path"),
    [
        ({**GROUP, "version": "3"}, ("version",)),
        (without(GROUP, "groupKey"), ("groupKey",)),
        ({**GROUP, "alerts": []}, ("alerts",)),
        ({**GROUP, "alerts": [without(ALERT, "fingerprint")]}, ("alerts", "0", "fingerprint")),
        ({**GROUP, "alerts": [{**ALERT, "startsAt": "soon"}]}, ("alerts", "0", "startsAt")),
    ],
)
async def test_a_wrong_group_names_its_field(
    doors: Doors, group: dict[str, Any], path: tuple[str, ...]
) -> None:
    await refused(doors, await alertmanager(doors, json.dumps(group).encode()), 400, *path)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", DEEP, b'{"version": "4"'])
async def test_what_is_no_json_object_is_refused(doors: Doors, content: bytes) -> None:
    answer = await alertmanager(doors, content)

    await refused(doors, answer, 400, *answer.json().get("path", []))


@pytest.mark.parametrize("address", [ALERTMANAGER, ENQUEUE, "/hooks/pagerduty"])
async def test_a_body_that_is_too_large_is_refused(doors: Doors, address: str) -> None:
    answer = await doors.http.post(address, content=b" " * (1024 * 1024 + 1))

    await refused(doors, answer, 413)


@pytest.mark.parametrize("key", ["", "wrong", "0" * 32])
async def test_a_wrong_key_is_refused(doors: Doors, key: str) -> None:
    await refused(doors, await alertmanager(doors, json.dumps(GROUP).encode(), key=key), 401)


async def test_the_key_of_another_source_is_refused(doors: Doors) -> None:
    answer = await alertmanager(doors, json.dumps(GROUP).encode(), key=doors.keys["pagerduty"])

    await refused(doors, answer, 401)


@pytest.mark.parametrize(
    "address", ["/ingest/nagios/x", "/ingest/alertmanager", "/hooks/nobody", "/v2/change"]
)
async def test_an_unknown_address_is_not_found(doors: Doors, address: str) -> None:
    await refused(doors, await doors.http.post(address, json={}), 404)


async def test_another_method_is_refused(doors: Doors) -> None:
    await refused(doors, await doors.http.get(ENQUEUE), 405)


async def test_an_idempotency_key_makes_a_second_body_one(doors: Doors) -> None:
    headers = {"authorization": f"Bearer {doors.keys['alertmanager']}", "idempotency-key": "once"}

    for _ in range(2):
        answer = await doors.http.post(ALERTMANAGER, json=GROUP, headers=headers)
        assert answer.status_code == 202

    assert await doors.one("select sum(count) from alert") == 1


async def test_grafana_has_an_address_of_its_own(doors: Doors) -> None:
    headers = {"authorization": f"Bearer {doors.keys['grafana']}"}
    group = {**GROUP, "version": "1", "truncatedAlerts": 0}

    answer = await doors.http.post("/ingest/grafana/grafana", json=group, headers=headers)

    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    assert await doors.one("select summary from alert") == "Down"


async def test_a_heartbeat_is_taken_with_and_without_a_body(doors: Doors) -> None:
    headers = {"authorization": f"Bearer {doors.keys['heartbeat']}"}

    answers = [
        await doors.http.post("/ingest/heartbeat/heartbeat", content=content, headers=headers)
        for content in (b"", b"\xff not json")
    ]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert await doors.one("select due_at = last_beat_at + interval '90 s' from heartbeat")
    assert (await doors.http.post("/ingest/heartbeat/heartbeat")).status_code == 401
