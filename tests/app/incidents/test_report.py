from __future__ import annotations

from time import perf_counter

import msgspec
import pytest

from app.errors import NotFound
from app.incidents import locking, report, timeline
from app.incidents.report.markdown import plain
from app.incidents.words import ChecklistKey, Severity
from app.storage.unit_of_work import UnitOfWork
from tests.app.incidents.checklist.steps import close, do, ended, waive
from tests.app.incidents.world import World
from tests.patience import patience

pytestmark = pytest.mark.anyio

URL = "https://ops.example/incidents/1"


async def of(world: World, number: int) -> report.Report:
    return await world.do(report.gather, number)


async def test_it_tells_everything_about_an_incident(world: World) -> None:
    number = await ended(world)
    await do(world, number, ChecklistKey.TIMELINE, ChecklistKey.PLAYBOOKS, ChecklistKey.RETROSPECTIVE)
    await waive(world, number, ChecklistKey.REVENUE_PROOF, world.ivan, world.paula)
    await close(world, number)

    text = report.written(await of(world, number), url=URL)

    for part in (
        "# OPS-1: Checkout is down",
        "S1, closed.",
        "| Acknowledged |",
        "| S1 | S1 because Olive says so | Olive |",
        "| Capture the timeline | done by Olive",
        "left out (Ivan: The view is not there yet; Paula: The view is not there yet)",
        "https://git.example/pull/7",
        "| 1 |",
        "entries, verified. Head `",
    ):
        assert part in text


async def test_it_says_what_is_missing(world: World) -> None:
    number = await ended(world)

    text = report.written(await of(world, number), url=URL)

    assert "| open | The retrospective's issue is not filed. |" in text


async def test_foreign_words_stay_words(world: World) -> None:
    number = await world.declare("| <img src=x onerror=alert(1)> [link](javascript:1) @acme/all `x`\n# Big")

    text = report.written(await of(world, number), url=URL)

    title = text.splitlines()[0]
    assert title == (
        r"# OPS-1: \| \<img src=x onerror=alert(1)\> \[link\](javascript:1) \@acme/all \`x\` \# Big"
    )
    assert plain("a\r\nb\u2028c") == "a b c"


async def test_a_program_reads_the_same_as_json(world: World) -> None:
    number = await ended(world, Severity.S3)

    document = msgspec.json.decode(msgspec.json.encode(await of(world, number)))

    assert document["incident"]["number"] == number
    assert [one["key"] for one in document["checklist"]] == ["timeline"]
    assert document["timeline"][-1]["hash"] == document["head"]
    assert document["broken_at"] is None


async def test_it_shows_where_the_chain_is_broken(world: World) -> None:
    number = await ended(world, Severity.S3)
    await world.change("alter table incident_event disable trigger append_only")
    await world.change("delete from incident_event where seq = 3")

    assert (await of(world, number)).broken_at == 3


async def test_an_incident_that_lasts_has_no_duration(world: World) -> None:
    number = await world.declare()

    assert (await of(world, number)).duration is None


async def test_there_is_none_of_nothing(world: World) -> None:
    with pytest.raises(NotFound):
        await of(world, 404)


async def test_a_thousand_entries_are_written_quickly(world: World) -> None:
    number = await world.declare()

    async def note_many(work: UnitOfWork) -> None:
        incident = await locking.lock(work, number)
        for one in range(1000):
            await timeline.append(work, incident, world.olive, "note", f"Note {one} on <b>this</b>")

    await world.do(note_many)
    began = perf_counter()

    text = report.written(await of(world, number), url=URL)

    assert len(text.splitlines()) > 1000
    assert perf_counter() - began < 0.15 * patience()
