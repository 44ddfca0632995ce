from __future__ import annotations

import json
from typing import Any

import pytest

from tests.app.doors.conftest import Doors

pytestmark = pytest.mark.anyio
ADDRESS = "/ingest/cloudevents/cloudevents"
ONE, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
DATA = {"dedup_key": "disk", "payload": {"summary": "The disk is full", "severity": "error"}}
EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "1",
    "source": "/probe",
    "type": "com.example.alert",
    "data": DATA,
}
HEADERS = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/probe", "ce-type": "com.example.alert"}


async def send(doors: Doors, body: Any, kind: str = ONE, **headers: str) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"authorization": f"Bearer {doors.keys['cloudevents']}", "content-type": kind, **headers}
    return await doors.http.post(ADDRESS, content=content, headers=sent)


async def binary(doors: Doors, data: Any, headers: dict[str, str]) -> Any:
    return await send(doors, data, "application/json", **headers)


def event(number: int, **changes: Any) -> dict[str, Any]:
    return {**EVENT, "id": str(number), "data": {**DATA, "dedup_key": f"disk-{number}"}, **changes}


async def refused(doors: Doors, answer: Any, *path: str) -> None:
    assert (answer.status_code, answer.json()["path"]) == (400, list(path)), answer.text
    assert (await doors.rows())["inbound_event"] == 0


@pytest.mark.parametrize("mode", ["structured", "batch", "binary"])
async def test_an_event_is_taken_in_every_mode(doors: Doors, mode: str) -> None:
    sends = {
        "structured": lambda: send(doors, EVENT),
        "batch": lambda: send(doors, [EVENT], f"{BATCH}; charset=UTF-8"),
        "binary": lambda: binary(doors, DATA, HEADERS),
    }

    answer = await sends[mode]()

    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    assert await doors.one("select origin || ': ' || summary from alert") == "/probe: The disk is full"
    assert await doors.one("select content_type from inbound_event") == ONE


async def test_the_same_event_again_changes_nothing_whichever_way_it_comes(doors: Doors) -> None:
    answers = [
        await send(doors, EVENT),
        await send(doors, EVENT),
        await send(doors, [EVENT, EVENT], BATCH),
        await binary(doors, DATA, HEADERS),
    ]

    assert [answer.status_code for answer in answers] == [202] * 4
    rows = await doors.rows()
    assert (rows["inbound_event"], rows["incident"], rows["page"]) == (1, 1, 1)
    assert await doors.one("select count from alert") == 1


async def test_the_same_id_of_another_source_is_another_event(doors: Doors) -> None:
    await send(doors, [EVENT, {**EVENT, "source": "/other"}], BATCH)

    assert await doors.one("select count from alert") == 2


async def test_a_batch_stores_each_event_by_itself_in_one_transaction(doors: Doors) -> None:
    answer = await send(doors, [event(number) for number in range(100)], BATCH)

    assert answer.status_code == 202
    rows = await doors.rows()
    assert (rows["inbound_event"], rows["alert"], rows["incident"]) == (100, 100, 100)
    assert await doors.one("select count(distinct xmin::text) from inbound_event") == 1


async def test_a_batch_with_one_bad_event_is_refused_whole(doors: Doors) -> None:
    bad = event(2, data={"payload": {"severity": "error"}})

    answer = await send(doors, [event(1), bad], BATCH)

    assert answer.json()["detail"].startswith("[1].data.payload.summary is required")
    await refused(doors, answer, "1", "data", "payload", "summary")


async def test_an_empty_batch_is_taken(doors: Doors) -> None:
    assert (await send(doors, [], BATCH)).status_code == 202


@pytest.mark.parametrize("version", ["0.3", "1.1", "1", "", 1])
async def test_another_version_is_refused(doors: Doors, version: Any) -> None:
    await refused(doors, await send(doors, {**EVENT, "specversion": version}), "specversion")


@pytest.mark.parametrize("name", ["specversion", "id", "source", "type"])
async def test_a_missing_attribute_is_named(doors: Doors, name: str) -> None:
    structured = {key: value for key, value in EVENT.items() if key != name}
    headers = {key: value for key, value in HEADERS.items() if key != f"ce-{name}"}

    await refused(doors, await send(doors, structured), name)
    await refused(doors, await send(doors, {**EVENT, name: ""}), name)
    await refused(doors, await send(doors, [EVENT, structured], BATCH), "1", name)
    await refused(doors, await binary(doors, DATA, headers), f"ce-{name}")


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"data": None}, ["data"]),
        ({"data": "a text"}, ["data"]),
        ({"time": "yesterday"}, ["time"]),
        ({"time": "2026-01-31T09:30:00"}, ["time"]),
        ({"data": {"payload": {"summary": "s", "severity": "dreadful"}}}, ["data", "payload", "severity"]),
        ({"data": {"summary": "s" * 1025, "severity": "info"}}, ["data", "summary"]),
        ({"data": {"summary": "s"}}, ["data", "severity"]),
        ({"data": {**DATA, "event_action": "shout"}}, ["data", "event_action"]),
        ({"data": {**DATA, "dedup_key": "k" * 256}}, ["data", "dedup_key"]),
        ({"data": {**DATA, "links": [{"text": "nowhere"}]}}, ["data", "links", "0", "href"]),
    ],
)
async def test_what_is_wrong_is_named_by_its_field(
    doors: Doors, changes: dict[str, Any], path: list[str]
) -> None:
    await refused(doors, await send(doors, {**EVENT, **changes}), *path)


@pytest.mark.parametrize(
    ("kind", "body"),
    [("application/cloudevents+xml", b"<event/>"), ("application/json", b"{}"), ("", b"")],
)
async def test_what_is_no_cloud_event_is_told_how_to_be_one(doors: Doors, kind: str, body: bytes) -> None:
    answer = await send(doors, body, kind)

    assert ONE in answer.json()["detail"]
    await refused(doors, answer, "content-type")


async def test_headers_are_unquoted_and_percent_decoded_once(doors: Doors) -> None:
    headers = {
        **HEADERS,
        "ce-source": '"/K%C3%B6ln/\\"%2541"',
        "ce-subject": "Euro%20%E2%82%AC%20%F0%9F%98%80",
    }

    answer = await binary(doors, DATA, headers)

    assert answer.status_code == 202
    assert await doors.one("select origin from alert") == '/Köln/"%41'
    assert await doors.one("select component from alert") == "Euro € 😀"


@pytest.mark.parametrize(
    ("headers", "data", "path"),
    [
        ({"ce-id": "%FF"}, DATA, ["ce-id"]),
        ({"ce-specversion": "0.3"}, DATA, ["specversion"]),
        ({"ce-time": "soon"}, DATA, ["time"]),
        ({}, b"{", []),
        ({"content-type": "text/plain"}, b"disk full", ["content-type"]),
    ],
)
async def test_a_wrong_binary_event_names_its_header(
    doors: Doors, headers: dict[str, str], data: Any, path: list[str]
) -> None:
    answer = await send(doors, data, **{"content-type": "application/json", **HEADERS, **headers})

    assert (answer.status_code, answer.json().get("path", [])) == (400, path), answer.text


async def test_what_is_over_is_told_by_the_same_subject(doors: Doors) -> None:
    told = {"severity": "warning", "summary": "The disk is full"}
    await send(doors, {**EVENT, "subject": "db-1", "data": told})

    over = {"event_action": "resolve"}
    answer = await send(doors, {**EVENT, "id": "2", "subject": "db-1", "data": over})

    assert answer.status_code == 202
    assert await doors.one("select status from alert") == "resolved"
    assert await doors.one("select dedup_key from alert") == "/probe#db-1"


async def test_a_long_name_is_shortened_to_one_of_its_own(doors: Doors) -> None:
    long = {"source": "/" + "s" * 3000, "data": DATA["payload"]}

    answers = [await send(doors, {**EVENT, **long, "id": "i" * number}) for number in (3000, 3001)]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert await doors.one("select count(distinct dedup_key) from alert") == 2


async def test_only_the_sources_own_key_opens_it(doors: Doors) -> None:
    answer = await send(doors, b"{", authorization=f"Bearer {doors.keys['pagerduty']}")

    assert answer.status_code == 401


async def test_a_body_over_512_kb_is_refused(doors: Doors) -> None:
    assert (await send(doors, b" " * (512 * 1024 + 1))).status_code == 413
