from __future__ import annotations

import json
from typing import Any

import pytest

from app.incidents import mappings
from app.security.permissions import SYSTEM
from app.storage.engine import Database
from tests.app.doors.conftest import Doors
from tests.app.doors.test_cloudevents import EVENT
from tests.app.doors.test_cloudevents import send as send_event

pytestmark = pytest.mark.anyio
TOLD = {"summary": "alert.name", "dedup_key": "alert.uid", "severity": "alert.level", "scope": "=platform"}
BODY: dict[str, Any] = {"alert": {"name": "The disk is full", "uid": 7, "level": "warning"}}


async def send(doors: Doors, body: Any) -> Any:
    headers = {"authorization": f"Bearer {doors.keys['json']}"}
    return await doors.http.post("/ingest/json/json", content=json.dumps(body), headers=headers)


async def declare(doors: Doors, database: Database, name: str) -> None:
    source_id = await doors.one(f"select id from alert_source where name = '{name}'")
    async with database.unit_of_work() as work:
        await mappings.declare(work, SYSTEM, source_id, told=TOLD, example=json.dumps(BODY))


async def test_a_body_is_read_as_its_source_declares(doors: Doors, database: Database) -> None:
    await declare(doors, database, "json")

    answer = await send(doors, BODY)

    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    assert await doors.one("select dedup_key || ': ' || summary from alert") == "7: The disk is full"
    assert await doors.one("select severity from incident") == "S2"


async def test_a_source_that_declares_nothing_reads_plain_words(doors: Doors) -> None:
    fires = await send(doors, {"dedup_key": "disk", "summary": "Full", "severity": "error"})
    is_over = await send(doors, {"dedup_key": "disk", "status": "resolved"})

    assert (fires.status_code, is_over.status_code) == (202, 202)
    assert await doors.one("select status from alert where dedup_key = 'disk'") == "resolved"


async def test_a_body_that_cannot_be_read_names_the_path(doors: Doors, database: Database) -> None:
    await declare(doors, database, "json")

    answer = await send(doors, [BODY, {"alert": {"uid": 8}}])

    assert (answer.status_code, answer.json()["path"]) == (400, ["1", "alert", "name"])
    assert "[1].alert.name" in answer.json()["detail"]
    assert (await doors.rows())["alert"] == 0


async def test_the_data_of_an_event_is_read_as_its_source_declares(doors: Doors, database: Database) -> None:
    await declare(doors, database, "cloudevents")

    taken = await send_event(doors, {**EVENT, "data": BODY})
    refused = await send_event(doors, [{**EVENT, "id": "2"}], "application/cloudevents-batch+json")

    assert (taken.status_code, refused.status_code) == (202, 400)
    assert refused.json()["path"] == ["0", "data", "alert", "uid"]
    assert await doors.one("select dedup_key from alert") == "7"
