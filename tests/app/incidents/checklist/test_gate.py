from __future__ import annotations

from itertools import combinations

import pytest
from sqlalchemy.exc import IntegrityError

from app.errors import ChecklistIncomplete, Forbidden, InvalidTransition, StaleVersion
from app.incidents import closing, resolution
from app.incidents.words import ChecklistKey, Severity
from tests.app.incidents.checklist.steps import close, do, ended, waive
from tests.app.incidents.world import World

pytestmark = pytest.mark.anyio

COMBINATIONS = [chosen for size in range(5) for chosen in combinations(ChecklistKey, size)]
DIRECTLY = "update incident set status = 'closed', closed_at = clock_timestamp() where id = :number"


@pytest.mark.parametrize("done", COMBINATIONS, ids=lambda done: "+".join(done) or "nothing")
async def test_of_the_sixteen_combinations_only_the_complete_one_closes(
    world: World, done: tuple[ChecklistKey, ...]
) -> None:
    number = await ended(world)
    await do(world, number, *done)

    if len(done) == len(ChecklistKey):
        await close(world, number)
        assert await world.status(number) == "closed"
        return
    with pytest.raises(ChecklistIncomplete):
        await close(world, number)
    with pytest.raises(IntegrityError, match="its checklist lacks"):
        await world.change(DIRECTLY, number=number)
    assert await world.status(number) == "resolved"


async def test_the_database_lets_the_complete_one_pass(world: World) -> None:
    number = await ended(world)
    await do(world, number, *ChecklistKey)

    await world.change(DIRECTLY, number=number)

    assert await world.status(number) == "closed"


async def test_the_refusal_names_all_that_is_missing(world: World) -> None:
    number = await ended(world)

    with pytest.raises(ChecklistIncomplete) as refused:
        await close(world, number)

    for word in ("read the timeline", "No snapshot", "issue is not filed", "No change of a playbook"):
        assert word in refused.value.message


async def test_of_an_s3_the_timeline_is_enough(world: World) -> None:
    number = await ended(world, Severity.S3)
    await do(world, number, ChecklistKey.TIMELINE)

    await close(world, number)

    assert await world.status(number) == "closed"


async def test_one_that_was_raised_in_its_review_owes_the_rest_too(world: World) -> None:
    number = await ended(world, Severity.S3)
    await do(world, number, ChecklistKey.TIMELINE)
    await world.change("update incident set severity = 'S2' where id = :number", number=number)

    with pytest.raises(ChecklistIncomplete):
        await close(world, number)
    with pytest.raises(IntegrityError):
        await world.change(DIRECTLY, number=number)


async def test_only_a_commander_closes(world: World) -> None:
    number = await ended(world, Severity.S3)
    await do(world, number, ChecklistKey.TIMELINE)

    with pytest.raises(Forbidden):
        await world.do(closing.close, world.olive, number)


async def test_what_is_open_is_not_closed(world: World) -> None:
    number = await world.declare()

    with pytest.raises(InvalidTransition):
        await close(world, number)


async def test_of_two_who_close_at_one_version_the_second_is_told(world: World) -> None:
    number = await ended(world, Severity.S3)
    await do(world, number, ChecklistKey.TIMELINE)
    seen = await world.version(number)
    await world.do(closing.close, world.ivan, number, expected_version=seen)

    with pytest.raises(StaleVersion):
        await world.do(closing.close, world.ivan, number, expected_version=seen)


async def test_a_closed_one_goes_back_to_its_review_with_a_reason(world: World) -> None:
    number = await ended(world, Severity.S3)
    await do(world, number, ChecklistKey.TIMELINE)
    await close(world, number)

    await world.do(resolution.reopen, world.ivan, number, reason="The cause was another one")

    assert await world.rows("select status, closed_at, generation from incident") == [("resolved", None, 1)]
    assert "review_reopened" in await world.kinds(number)
    await close(world, number)


async def test_only_a_commander_reopens_a_review(world: World) -> None:
    number = await ended(world, Severity.S3)
    await do(world, number, ChecklistKey.TIMELINE)
    await close(world, number)

    with pytest.raises(Forbidden):
        await world.do(resolution.reopen, world.olive, number, reason="Because")


async def test_a_reopened_incident_owes_a_checklist_of_its_own(world: World) -> None:
    number = await ended(world, Severity.S3)
    await do(world, number, ChecklistKey.TIMELINE)
    await world.do(resolution.reopen, world.ivan, number, reason="It fires again")
    await world.do(resolution.resolve, world.ivan, number)

    with pytest.raises(ChecklistIncomplete):
        await close(world, number)


async def test_a_waived_step_does_not_hold_it_open(world: World) -> None:
    number = await ended(world)
    await do(world, number, *(key for key in ChecklistKey if key is not ChecklistKey.REVENUE_PROOF))
    await waive(world, number, ChecklistKey.REVENUE_PROOF, world.ivan, world.paula)

    await close(world, number)

    assert await world.status(number) == "closed"
