from __future__ import annotations

import pytest
from sqlalchemy.exc import DBAPIError

from app.errors import Conflict, EvidenceRequired, Forbidden, InvalidInput, InvalidTransition
from app.incidents import resolution, timeline
from app.incidents.checklist import playbooks, reviewing, waiving
from app.incidents.words import ChecklistKey, Severity
from app.security.permissions import Actor, Role, Scope
from tests.app.incidents.checklist.steps import do, ended, waive
from tests.app.incidents.world import World

pytestmark = pytest.mark.anyio

PROOF = ChecklistKey.REVENUE_PROOF
READER = Actor("token", 1, "reader", frozenset({Scope.INCIDENTS_READ, Scope.INCIDENTS_WRITE}))
SIGNATURES = "select role, reason from checklist_waiver order by id"


async def test_the_checklist_begins_with_the_end_of_the_incident(world: World) -> None:
    number = await world.declare(severity=Severity.S3)
    with pytest.raises(InvalidTransition):
        await world.do(reviewing.review_timeline, world.olive, number)

    await world.do(resolution.resolve, world.olive, number)

    keys = await world.column("select key from checklist_item order by id")
    assert keys == ["timeline", "revenue_proof", "retrospective", "playbooks"]


async def test_a_timeline_in_which_nobody_wrote_is_not_signed(world: World) -> None:
    key = await world.source()
    await world.fire(key, severity="warning")
    await world.quiet(key)
    await world.settle()

    with pytest.raises(EvidenceRequired, match="Nobody has written"):
        await world.do(reviewing.review_timeline, world.olive, 1)

    await world.do(timeline.note, world.olive, 1, text="The disk was full, and was emptied")
    await world.do(reviewing.review_timeline, world.olive, 1)
    evidence = "select done_by, evidence ->> 'entries' from checklist_item where key = 'timeline'"
    assert [row[0] for row in await world.rows(evidence)] == ["Olive"]


async def test_a_broken_chain_is_not_signed(world: World) -> None:
    number = await ended(world, Severity.S3)
    await world.change("alter table incident_event disable trigger append_only")
    await world.change("update incident_event set text = 'It was nothing' where seq = 2")

    with pytest.raises(EvidenceRequired, match="broken at entry 2"):
        await world.do(reviewing.review_timeline, world.olive, number)


async def test_a_program_does_not_sign(world: World) -> None:
    number = await ended(world, Severity.S3)

    with pytest.raises(Forbidden, match="Only a person"):
        await world.do(reviewing.review_timeline, READER, number)
    with pytest.raises(Forbidden, match="Only a person"):
        await world.do(playbooks.record, READER, number, reason="Nothing to change")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "url"),
        ({"url": "https://git.example/7", "reason": "None needed"}, "url"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "git.example/7"}, "url"),
        ({"url": "https://["}, "url"),
        ({"url": "https://git.example/" + "x" * 2000}, "url"),
    ],
)
async def test_playbooks_want_a_change_or_a_reason(world: World, given: dict[str, str], field: str) -> None:
    number = await ended(world)

    with pytest.raises(InvalidInput) as refused:
        await world.do(playbooks.record, world.olive, number, **given)

    assert refused.value.path == (field,)


async def test_a_signed_reason_is_kept_as_evidence(world: World) -> None:
    number = await ended(world)

    await world.do(playbooks.record, world.olive, number, reason=" Nothing to change ")

    kept = "select done_by, evidence from checklist_item where key = 'playbooks'"
    assert await world.rows(kept) == [("Olive", {"no_change_needed_because": "Nothing to change"})]
    assert (await world.kinds(number))[-1] == "checklist_done"


async def test_it_takes_two_to_leave_a_step_out(world: World) -> None:
    number = await ended(world)

    await waive(world, number, PROOF, world.ivan)
    with pytest.raises(Conflict, match="You have signed already"):
        await waive(world, number, PROOF, world.ivan)
    await waive(world, number, PROOF, world.paula)

    assert [role for role, _ in await world.rows(SIGNATURES)] == ["commander", "policy_owner"]
    assert (await world.kinds(number))[-2:] == ["checklist_waived", "checklist_waived"]


async def test_an_operator_leaves_nothing_out(world: World) -> None:
    number = await ended(world)

    with pytest.raises(Forbidden, match="together"):
        await waive(world, number, PROOF, world.olive)


async def test_one_who_is_both_signs_once(world: World) -> None:
    number = await ended(world)
    both = Actor("person", world.ivan.id, "Ivan", world.ivan.scopes, frozenset(Role))

    await waive(world, number, PROOF, both)

    with pytest.raises(Conflict):
        await waive(world, number, PROOF, both)


async def test_what_is_done_is_not_left_out(world: World) -> None:
    number = await ended(world)
    await do(world, number, ChecklistKey.TIMELINE)

    with pytest.raises(Conflict):
        await waive(world, number, ChecklistKey.TIMELINE, world.ivan)


async def test_leaving_out_needs_a_reason(world: World) -> None:
    number = await ended(world)

    with pytest.raises(InvalidInput):
        await world.do(waiving.waive, world.ivan, number, key=PROOF, reason="  ")


@pytest.mark.parametrize(
    "change", ["update checklist_waiver set reason = 'No'", "delete from checklist_waiver"]
)
async def test_a_signature_stays(world: World, change: str) -> None:
    number = await ended(world)
    await waive(world, number, PROOF, world.ivan)

    with pytest.raises(DBAPIError, match="append-only"):
        await world.change(change)
