from __future__ import annotations

import asyncio

import pytest

from app.errors import InvalidInput, NotFound
from app.incidents import resolution, severity, timeline
from app.incidents.words import Severity
from tests.app.incidents.world import World

pytestmark = pytest.mark.anyio

COLUMNS = "incident_id, seq, kind, actor, actor_name, occurred_at, recorded_at, text, payload"
ENTRIES = (
    f"select {COLUMNS}, previous_hash, hash from incident_event where incident_id = :number order by seq"
)


async def test_the_chain_can_be_walked_from_what_is_stored(world: World) -> None:
    number = await world.declare("Zahlungen stehen still – „alles“ 🔥", Severity.S1)
    await world.acknowledge(number)
    await world.do(severity.change, world.olive, number, severity=Severity.S0, reason="Worse\nthan that")
    await world.do(resolution.resolve, world.ivan, number)

    previous = timeline.GENESIS
    for *values, stored_previous, stored in await world.rows(ENTRIES, number=number):
        entry = dict(zip(COLUMNS.split(", "), values, strict=True))
        assert stored_previous == previous
        assert timeline.link(previous, entry) == stored
        previous = stored

    assert await world.one("select last_hash from incident where id = :number", number=number) == previous


async def test_entries_of_many_at_once_are_numbered_without_gaps(world: World) -> None:
    number = await world.declare()
    before = await world.one("select last_seq from incident")

    await asyncio.gather(
        *(world.do(timeline.note, world.olive, number, text=f"Note {one}") for one in range(20))
    )

    assert await world.column("select seq from incident_event order by seq") == list(range(1, before + 21))


@pytest.mark.parametrize(
    "change",
    [
        "update incident_event set text = 'No'",
        "delete from incident_event",
        "truncate incident_event cascade",
    ],
)
async def test_the_database_refuses_to_change_it(world: World, change: str) -> None:
    await world.declare()

    with pytest.raises(Exception, match="append-only"):
        await world.change(change)


async def test_what_happens_is_in_the_activity_feed_too(world: World) -> None:
    number = await world.declare("Slow", Severity.S3)

    feed = "select kind, summary, subject_path from activity_event order by id"
    assert await world.rows(feed) == [
        ("incident.triggered", "OPS-1: Slow: S3 because Olive says so", f"/incidents/{number}"),
        ("incident.paged", "OPS-1: Paging the on-call operator", f"/incidents/{number}"),
    ]


async def test_a_note_is_audited_with_its_words(world: World) -> None:
    number = await world.declare()

    await world.do(timeline.note, world.olive, number, text="  Rolled back  ")

    audited = "select action, changes ->> 'text' from audit_event order by id desc limit 1"
    assert await world.rows(audited) == [("incident.note", "Rolled back")]


async def test_an_empty_note_is_refused(world: World) -> None:
    number = await world.declare()

    with pytest.raises(InvalidInput):
        await world.do(timeline.note, world.olive, number, text="\n")


async def test_a_note_on_nothing_is_refused(world: World) -> None:
    with pytest.raises(NotFound):
        await world.do(timeline.note, world.olive, 404, text="Hello?")
