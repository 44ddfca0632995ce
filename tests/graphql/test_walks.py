"""Every connection walked from end to end, both ways where it goes both ways, while rows are added.

Source: Relay, "GraphQL Cursor Connections Specification".
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from graphql import GraphQLObjectType

from api.plan import declare, registry
from api.schema import core
from app.incidents import opening, timeline
from app.incidents.silences import keeping
from app.incidents.words import Severity
from tests.graphql import ways
from tests.graphql.conftest import House

pytestmark = pytest.mark.anyio

SIZE = 3
ROWS = 8
ALERT = """
    insert into alert (source_id, incident_id, dedup_key, group_key, summary, origin, severity,
                       custom_details, links, status, count, first_occurred_at, last_occurred_at)
    select max(id), 1, 'd' || clock_timestamp(), 'g', 's', 'o', 'critical', '{}', '[]', 'triggered', 1,
           clock_timestamp(), clock_timestamp() from alert_source"""
UNREAD = """
    insert into failed_delivery (source_id, digest, content_type, headers, body, excerpt, error, times,
                                 received_at)
    select max(id), convert_to('d' || clock_timestamp(), 'UTF8'), '', '[]', '{', '{', 'e', 1,
           clock_timestamp() from alert_source"""
SOURCE = """
    insert into alert_source (name, format, key_sha256, created_at, created_by)
    values ('prometheus', 'alertmanager', 'k', clock_timestamp(), 'person:1') on conflict do nothing"""

READER = """
    insert into subscriber (audience, email, name, added_at, added_by)
    values ('community', clock_timestamp() || '@example.org', 'A', clock_timestamp(), 'Ada')"""
MESSAGE = """
    insert into status_update (incident_id, generation, seq, audience, public_status, subject, body, given,
                               template_path, template_sha256, edited, written_at, written_by, needs_approval)
    values (1, 1, 1, 'community', 'investigating', 's', 'b', '{}', 'p', 'h', false, clock_timestamp(),
            'Olive', true) on conflict do nothing"""
COPY = """
    insert into notice (incident_id, purpose, status_update_id, channel, recipient, state, queued_at,
                        attempts)
    select 1, 'update', max(id), 'mail', clock_timestamp() || '@example.org', 'queued', clock_timestamp(), 0
    from status_update"""


SHIFT = """
    insert into on_call_shift (role, source, person_id, begins_at, ends_at, planned_at)
    values ('operator', 'rota', 1, clock_timestamp(), clock_timestamp() + interval '1 day',
            clock_timestamp())"""


async def planned(house: House) -> None:
    async with house.database.engine.begin() as connection:
        await connection.exec_driver_sql(SHIFT)


async def declared(house: House) -> None:
    async with house.database.unit_of_work() as work:
        await opening.declare(work, house.olive, title="Another", severity=Severity.S2)


async def noted(house: House) -> None:
    async with house.database.unit_of_work() as work:
        await timeline.note(work, house.olive, 1, text="Another")


async def alerted(house: House) -> None:
    async with house.database.engine.begin() as connection:
        await connection.exec_driver_sql(SOURCE)
        await connection.exec_driver_sql(ALERT)


async def subscribed(house: House) -> None:
    async with house.database.engine.begin() as connection:
        await connection.exec_driver_sql(READER)


async def silenced(house: House) -> None:
    async with house.database.unit_of_work() as work:
        hour = timedelta(hours=1)
        await keeping.create(work, house.ada, matchers=["class = search"], reason="A drill", lasts=hour)


async def unread(house: House) -> None:
    async with house.database.engine.begin() as connection:
        await connection.exec_driver_sql(SOURCE)
        await connection.exec_driver_sql(UNREAD)


async def delivered(house: House) -> None:
    async with house.database.engine.begin() as connection:
        await connection.exec_driver_sql(MESSAGE)
        await connection.exec_driver_sql(COPY)


# What adds a row to a connection.
MORE: dict[str, Callable[[House], Awaitable[None]]] = {
    "Incident.alerts": alerted,
    "Incident.timeline": noted,
    "Query.activity": declared,
    "Query.auditEvents": noted,
    "Query.failedDeliveries": unread,
    "Query.incidents": declared,
    "Query.onCallShifts": planned,
    "Query.silences": silenced,
    "Query.subscribers": subscribed,
    "StatusUpdate.deliveries": delivered,
}
CONNECTIONS = {
    f"{type_.name}.{name}": field
    for type_ in core().type_map.values()
    if isinstance(type_, GraphQLObjectType)
    for name, field in type_.fields.items()
    if isinstance(registry.of_field(field), declare.Connection)
}
BOTH_WAYS = [place for place, field in CONNECTIONS.items() if "last" in field.args]
PAGE = "edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"


def test_every_connection_says_how_rows_are_added() -> None:
    assert sorted(MORE) == sorted(CONNECTIONS), "say in MORE what adds a row to the connection"


async def page(house: House, place: str, **arguments: Any) -> Any:
    """One page of a connection."""
    type_, name = place.split(".")
    given = ", ".join(
        f"{one}: {value}" if isinstance(value, int) else f'{one}: "{value}"'
        for one, value in arguments.items()
    )
    call = f"{name}({given}) {{ {PAGE} }}"
    calls = ways.towards()[type_]
    for one in reversed(calls):
        call = f"{one} {{ {call} }}"
    answer = await house.ask(f"{{ {call} }}", house.ada)
    for one in [*calls, name]:
        answer = answer[re.split(r"\W", one)[0]]
        answer = answer[0] if isinstance(answer, list) else answer
    return answer


async def walk(house: House, place: str, *, backward: bool, add: bool) -> list[str]:
    """The ids in the order in which they were met, page by page from one end to the other."""
    count, mark, start, on, back = (
        ("last", "before", "startCursor", "hasPreviousPage", "hasNextPage")
        if backward
        else ("first", "after", "endCursor", "hasNextPage", "hasPreviousPage")
    )
    met: list[str] = []
    found = await page(house, place, **{count: SIZE})
    assert found["pageInfo"][back] is False
    while True:
        edges = found["edges"]
        met += [edge["node"]["id"] for edge in (reversed(edges) if backward else edges)]
        cursors = [edge["cursor"] for edge in edges]
        assert [found["pageInfo"][name] for name in ("startCursor", "endCursor")] == [cursors[0], cursors[-1]]
        assert not any(
            cursor.isdigit() or edge["node"]["id"] in cursor for cursor in cursors for edge in edges
        )
        if not found["pageInfo"][on]:
            return met
        if add:
            await MORE[place](house)
        found = await page(house, place, **{count: SIZE, mark: found["pageInfo"][start]})
        assert found["pageInfo"][back] is True


async def filled(house: House, place: str) -> set[str]:
    """Add rows until there are several pages; all their ids."""
    for _ in range(ROWS):
        await MORE[place](house)
    return {edge["node"]["id"] for edge in (await page(house, place, first=100))["edges"]}


@pytest.mark.parametrize("place", CONNECTIONS)
async def test_forwards_every_row_comes_once_though_rows_are_added(house: House, place: str) -> None:
    there = await filled(house, place)

    met = await walk(house, place, backward=False, add=True)

    assert len(met) == len(set(met))
    assert there <= set(met)


@pytest.mark.parametrize("place", BOTH_WAYS)
async def test_backwards_every_row_comes_once_though_rows_are_added(house: House, place: str) -> None:
    there = await filled(house, place)

    met = await walk(house, place, backward=True, add=True)

    assert len(met) == len(set(met))
    assert there <= set(met)


@pytest.mark.parametrize("place", BOTH_WAYS)
async def test_both_ways_meet_the_same_rows(house: House, place: str) -> None:
    await filled(house, place)

    forwards, backwards = [await walk(house, place, backward=one, add=False) for one in (False, True)]

    assert forwards == backwards[::-1]


@pytest.mark.parametrize("place", CONNECTIONS)
async def test_an_empty_page_knows_where_it_is(house: House, place: str) -> None:
    await filled(house, place)

    found = await page(house, place, first=0)

    assert found == {
        "edges": [],
        "pageInfo": {"hasNextPage": True, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
    }
