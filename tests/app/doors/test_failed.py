"""What comes in by a door and cannot be read is refused, kept, and replayed as it would have been read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.incidents import mappings, sources
from app.incidents.intake import replaying
from app.security.permissions import SYSTEM
from app.storage.engine import Database
from tests.app.doors.conftest import Doors
from tests.app.doors.test_cloudevents import HEADERS
from tests.app.doors.test_cloudevents import binary as send_in_headers

pytestmark = pytest.mark.anyio
TOLD = {"summary": "title", "dedup_key": "uid"}
DATA: dict[str, Any] = {"title": "The disk is full", "uid": 7}


async def kept(doors: Doors) -> Any:
    return await doors.one("select string_agg(error || ' ' || times, ', ') from failed_delivery")


async def test_an_event_without_a_summary_is_refused_by_its_field_and_kept(doors: Doors) -> None:
    key = doors.keys["pagerduty"]
    event = {"routing_key": key, "event_action": "trigger", "payload": {"source": "a", "severity": "error"}}

    answers = [await doors.http.post("/v2/enqueue", json=event) for _ in range(2)]

    assert {answer.status_code for answer in answers} == {400}
    assert (await kept(doors)).endswith(" 2")
    assert "summary" in await kept(doors)
    assert key not in await doors.one("select convert_from(body, 'UTF8') from failed_delivery")


async def test_what_comes_without_a_good_key_is_not_kept(doors: Doors) -> None:
    event = {"routing_key": "wrong", "event_action": "trigger"}

    answers = [await doors.http.post("/v2/enqueue", content=body) for body in (json.dumps(event), "{")]

    assert [answer.status_code for answer in answers] == [401, 400]
    assert await kept(doors) is None


async def test_an_event_whose_attributes_are_headers_is_replayed_whole(
    doors: Doors, database: Database
) -> None:
    answer = await send_in_headers(doors, DATA, HEADERS)
    number = await doors.one("select id from failed_delivery")

    async with database.unit_of_work() as work:
        (source,) = [one for one in await sources.listed(work, SYSTEM) if one.name == "cloudevents"]
        await mappings.declare(work, SYSTEM, source.id, told=TOLD, example=json.dumps(DATA))
    async with database.unit_of_work() as work:
        (trial,) = await replaying.replay(work, SYSTEM, [number])

    assert (answer.status_code, trial.error) == (400, None)
    assert await doors.one("select dedup_key || ': ' || summary from alert") == "7: The disk is full"
