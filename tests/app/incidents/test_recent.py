import pytest

from app.incidents import opening, timeline
from app.incidents.recent import Recent
from app.incidents.words import Severity
from tests.app.incidents.world import World

pytestmark = pytest.mark.anyio


async def declared(world: World) -> int:
    async with world.database.unit_of_work() as work:
        return await opening.declare(work, world.olive, title="Down", severity=Severity.S3)


async def test_the_first_look_tells_everything_because_it_cannot_know_what_was_missed(world: World) -> None:
    assert await Recent(world.database).topics() == ["*"]


async def test_what_changed_is_named_once(world: World) -> None:
    lately = Recent(world.database)
    await lately.topics()

    number = await declared(world)

    assert await lately.topics() == ["incidents", "activity", f"incident:{number}"]
    assert await lately.topics() == []


async def test_an_entry_that_commits_late_is_named_though_newer_ones_were_seen(world: World) -> None:
    slow, quick = await declared(world), await declared(world)
    lately = Recent(world.database)
    await lately.topics()
    async with world.database.unit_of_work() as late:
        await timeline.note(late, world.olive, slow, text="begun first")
        async with world.database.unit_of_work() as work:
            await timeline.note(work, world.olive, quick, text="committed first")
        assert await lately.topics() == ["incidents", "activity", f"incident:{quick}"]

    assert await lately.topics() == ["incidents", "activity", f"incident:{slow}"]


async def test_very_much_is_not_told_one_by_one(world: World) -> None:
    lately = Recent(world.database, many=3)
    await lately.topics()

    await declared(world)
    await declared(world)

    assert await lately.topics() == ["*"]
