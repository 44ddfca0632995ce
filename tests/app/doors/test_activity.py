from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.app.doors.conftest import Doors

pytestmark = pytest.mark.anyio
ADDRESS = "/ingest/activity/activity"


async def moment(doors: Doors, **ago: float) -> str:
    now: datetime = await doors.one("select clock_timestamp()")
    return (now.astimezone(UTC) - timedelta(**ago)).isoformat()


async def event(doors: Doors, **changes: Any) -> dict[str, Any]:
    told = {"stream": "checkout", "kind": "checkout.completed", "occurred_at": await moment(doors)}
    return {**told, **changes}


async def tell(doors: Doors, body: Any, *, key: str | None = None, **headers: str) -> Any:
    sent = {"authorization": f"Bearer {doors.keys['activity'] if key is None else key}", **headers}
    return await doors.http.post(ADDRESS, content=json.dumps(body), headers=sent)


async def counted(doors: Doors) -> float:
    return float(await doors.one("select coalesce(sum(value), 0) from activity_delta"))


async def test_one_event_counts_as_one_and_has_its_kind_for_a_summary(doors: Doors) -> None:
    answer = await tell(doors, await event(doors))

    assert (answer.status_code, answer.json()) == (202, {"status": "accepted", "stored": 1})
    assert await counted(doors) == 1
    assert await doors.one("select summary from activity_event") == "checkout.completed"
    assert await doors.one("select last_seen_at is not null from alert_source where name = 'activity'")


async def test_a_list_is_stored_with_its_values(doors: Doors) -> None:
    told = [await event(doors, value=n, summary=f"{n}  paid\n") for n in range(1000)]

    answer = await tell(doors, told)

    assert answer.json() == {"status": "accepted", "stored": 1000}
    assert await counted(doors) == 499_500
    assert await doors.one("select max(summary) from activity_event") == "999 paid"


async def test_a_repeat_under_one_idempotency_key_changes_nothing(doors: Doors) -> None:
    told = [await event(doors), await event(doors)]

    answers = [await tell(doors, told, **{"idempotency-key": "one"}) for _ in range(3)]

    assert [answer.json()["stored"] for answer in answers] == [2, 0, 0]
    assert await counted(doors) == 2


async def test_an_event_counts_once_under_its_id(doors: Doors) -> None:
    one, two = await event(doors, id="a"), await event(doors, id="b")

    answers = [await tell(doors, body) for body in (one, [one, two, two], [two, one])]

    assert [answer.json()["stored"] for answer in answers] == [1, 1, 0]
    assert await counted(doors) == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"stream": "Check out"}, "stream"),
        ({"stream": "incidents"}, "stream"),
        ({"stream": ""}, "stream"),
        ({"kind": "<b>"}, "kind"),
        ({"kind": 7}, "kind"),
        ({"value": -1}, "value"),
        ({"value": 1e13}, "value"),
        ({"value": "7"}, "value"),
        ({"occurred_at": "yesterday"}, "occurred_at"),
        ({"occurred_at": "2030-01-01T00:00:00"}, "occurred_at"),
        ({"summary": "x" * 1025}, "summary"),
        ({"id": ""}, "id"),
    ],
)
async def test_a_wrong_field_is_named_by_its_place_and_nothing_is_stored(
    doors: Doors, changes: dict[str, Any], field: str
) -> None:
    single = await tell(doors, await event(doors, **changes))
    listed = await tell(doors, [await event(doors), await event(doors, **changes)])

    assert (single.status_code, single.json()["path"]) == (400, [field])
    assert (listed.status_code, listed.json()["path"]) == (400, ["1", field])
    assert await counted(doors) == 0


async def test_a_number_that_is_none_is_refused(doors: Doors) -> None:
    told = json.dumps(await event(doors, value=0)).replace('"value": 0', '"value": 1e999')
    headers = {"authorization": f"Bearer {doors.keys['activity']}"}

    answer = await doors.http.post(ADDRESS, content=told, headers=headers)

    assert (answer.status_code, answer.json()["path"]) == (400, ["value"])


@pytest.mark.parametrize(
    ("ago", "status"),
    [
        ({"days": 50}, 202),
        ({"days": 57}, 400),
        ({"minutes": -4}, 202),
        ({"minutes": -6}, 400),
    ],
)
async def test_an_event_may_be_late_by_weeks_and_early_by_minutes(
    doors: Doors, ago: dict[str, float], status: int
) -> None:
    answer = await tell(doors, await event(doors, occurred_at=await moment(doors, **ago)))

    assert answer.status_code == status


async def test_a_body_has_bounds(doors: Doors) -> None:
    one = await event(doors)

    assert (await tell(doors, [one] * 1001)).status_code == 400
    assert (await tell(doors, [])).status_code == 400
    assert (await tell(doors, [{**one, "summary": "x" * 1000}] * 600)).status_code == 413
    assert await counted(doors) == 0


async def test_only_the_sources_own_key_opens_it(doors: Doors) -> None:
    for key in ("wrong", doors.keys["alertmanager"]):
        assert (await tell(doors, await event(doors), key=key)).status_code == 401


async def test_there_are_only_so_many_streams_and_kinds(doors: Doors) -> None:
    streams = [await event(doors, stream=f"s{n}") for n in range(101)]
    kinds = [await event(doors, kind=f"k{n}") for n in range(101)]

    refused = [await tell(doors, told) for told in (streams, kinds)]
    taken = [await tell(doors, told) for told in (streams[:50], kinds[:100], kinds[:1])]
    late = await tell(doors, kinds[100])

    assert [answer.status_code for answer in refused] == [429, 429]
    assert [answer.status_code for answer in taken] == [202, 202, 202]
    assert (late.status_code, "100 kinds" in late.json()["detail"]) == (429, True)
