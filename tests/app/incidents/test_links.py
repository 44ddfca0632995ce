from __future__ import annotations

import asyncio

import pytest

from app.errors import Conflict, NotFound, Unauthenticated
from app.incidents import escalation, links, resolution
from app.incidents.links import LinkState
from app.incidents.words import IncidentRole, Severity
from tests.app.incidents.world import PAGERDUTY_ITSELF, World

pytestmark = pytest.mark.anyio

KEY = "k" * 64


async def token(world: World, number: int, *, step: int = 1, generation: int = 1) -> str:
    """The token that a page carries."""
    key = f"opsbook:{number}:{generation}:{step}"
    queued_at = await world.one("select queued_at from page where dedup_key = :key", key=key)
    call = {"number": number, "generation": generation, "step": step, "queued_at": queued_at}
    return links.acknowledgement_link("https://ops.example/", KEY, **call).removeprefix(
        "https://ops.example/acknowledge/"
    )


async def everything(world: World) -> list[object]:
    tables = ("incident", "page", "escalation_step", "incident_event", "audit_event", "participant")
    return [await world.rows(f"select * from {table} order by 1, 2, 3") for table in tables]


async def test_looking_changes_nothing(world: World) -> None:
    number = await world.declare()
    signed, before = await token(world, number), await everything(world)

    for _ in range(3):
        look = await world.do(links.look, KEY, signed)

    assert (look.state, look.number, look.role) == (LinkState.GOOD, number, IncidentRole.OPERATOR)
    assert await everything(world) == before


async def test_using_it_acknowledges_in_the_name_of_the_role(world: World) -> None:
    number = await world.declare(severity=Severity.S2)

    answer = await world.do(links.acknowledge, KEY, await token(world, number))

    assert (answer.first, answer.by) == (True, "On-call operator (link)")
    assert await world.rows("select status, acknowledged_by from incident") == [
        ("acknowledged", "On-call operator (link)")
    ]
    via = "select actor, payload ->> 'via' from incident_event where kind = 'acknowledged'"
    assert await world.rows(via) == [("link", "link")]


async def test_a_second_use_says_who_and_when_and_changes_nothing(world: World) -> None:
    number = await world.declare(severity=Severity.S2)
    signed = await token(world, number)
    first = await world.do(links.acknowledge, KEY, signed)
    before = await everything(world)

    second = await world.do(links.acknowledge, KEY, signed)
    look = await world.do(links.look, KEY, signed)

    assert (second.first, second.by, second.at) == (False, first.by, first.at)
    assert (look.state, look.by, look.at) == (LinkState.USED, first.by, first.at)
    assert await everything(world) == before


async def test_of_many_uses_at_once_one_is_first(world: World) -> None:
    number = await world.declare(severity=Severity.S2)
    signed = await token(world, number)

    answers = await asyncio.gather(*(world.do(links.acknowledge, KEY, signed) for _ in range(8)))

    assert sum(answer.first for answer in answers) == 1
    assert (await world.kinds(number)).count("acknowledged_also") == 0


async def test_after_somebody_elses_answer_it_shows_them_and_notes_a_use(world: World) -> None:
    number = await world.declare(severity=Severity.S2)
    signed = await token(world, number)
    await world.acknowledge(number)

    look = await world.do(links.look, KEY, signed)
    answer = await world.do(links.acknowledge, KEY, signed)

    assert (look.state, look.by) == (LinkState.USED, "Olive")
    assert (answer.first, answer.by) == (False, "Olive")
    assert (await world.kinds(number))[-1] == "acknowledged_also"


async def test_the_policy_owners_link_answers_only_the_loop_in(world: World) -> None:
    number = await world.declare(severity=Severity.S1)

    answer = await world.do(links.acknowledge, KEY, await token(world, number, step=0))

    assert (answer.first, answer.by) == (True, "Trust & Safety (link)")
    assert await world.status(number) == "triggered"
    assert await world.pages(number) == [
        ("policy_owner", "acknowledge", False),
        ("operator", "trigger", True),
    ]
    assert await world.column("select met_by from obligation where kind = 'policy_owner_loop_in'") == [
        "Trust & Safety (link)"
    ]


async def test_a_link_of_an_earlier_generation_is_refused(world: World) -> None:
    number = await world.declare(severity=Severity.S2)
    signed = await token(world, number)
    await world.do(resolution.resolve, world.olive, number)
    await world.do(resolution.reopen, world.olive, number, reason="Not over")

    with pytest.raises(Conflict, match="an earlier call"):
        await world.do(links.acknowledge, KEY, signed)

    assert (await world.do(links.look, KEY, signed)).state is LinkState.EXPIRED
    assert await world.status(number) == "triggered"


async def test_a_link_of_an_earlier_round_is_refused(world: World) -> None:
    number = await world.declare(severity=Severity.S2)
    signed = await token(world, number)
    await world.acknowledge(number)
    await world.report("unacknowledged", f"opsbook:{number}:1:1", agent=PAGERDUTY_ITSELF)

    with pytest.raises(Conflict):
        await world.do(links.acknowledge, KEY, signed)

    assert (await world.do(links.look, KEY, signed)).state is LinkState.EXPIRED


async def test_a_link_of_what_is_over_is_refused(world: World) -> None:
    number = await world.declare(severity=Severity.S2)
    signed = await token(world, number)
    await world.do(resolution.resolve, world.olive, number)

    with pytest.raises(Conflict, match="is resolved"):
        await world.do(links.acknowledge, KEY, signed)


async def test_a_link_holds_for_a_day(world: World) -> None:
    number = await world.declare(severity=Severity.S2)
    signed = await token(world, number)
    await world.advance(hours=24)

    for use in (links.look, links.acknowledge):
        with pytest.raises(Unauthenticated, match="expired"):
            await world.do(use, KEY, signed)


@pytest.mark.parametrize("forged", ["", "x", "e30.c2lnbmVk", "a.b.c"])
async def test_what_we_did_not_sign_opens_nothing(world: World, forged: str) -> None:
    await world.declare()

    for use in (links.look, links.acknowledge):
        with pytest.raises(Unauthenticated):
            await world.do(use, KEY, forged)


async def test_a_link_to_what_is_not_there_says_so(world: World) -> None:
    queued_at = await world.one("select clock_timestamp()")
    link = links.acknowledgement_link("", KEY, number=404, generation=1, step=1, queued_at=queued_at)

    for use in (links.look, links.acknowledge):
        with pytest.raises(NotFound):
            await world.do(use, KEY, link.removeprefix("/acknowledge/"))


async def test_after_an_answer_at_pagerduty_a_use_is_noted_once(world: World) -> None:
    number = await world.declare(severity=Severity.S2)
    signed = await token(world, number)
    await world.report("acknowledged", f"opsbook:{number}:1:1")

    answers = [await world.do(links.acknowledge, KEY, signed) for _ in range(3)]

    assert {(answer.first, answer.by) for answer in answers} == {(False, "Olive Okafor")}
    assert (await world.kinds(number)).count("acknowledged_also") == 1


async def test_an_administrator_who_only_got_a_letter_can_use_its_link(world: World) -> None:
    number = await world.declare(severity=Severity.S2)
    await world.change("update person set roles = '{admin}' where name = 'Nora'")
    for _ in range(5):
        await world.do(escalation.escalate, world.olive, number)
    queued_at = await world.one("select queued_at from page where role = 'administrator'")
    address = links.acknowledgement_link(
        "https://ops.example", KEY, number=number, generation=1, step=6, queued_at=queued_at
    )

    answer = await world.do(links.acknowledge, KEY, address.rsplit("/", 1)[-1])

    assert (answer.first, answer.by) == (True, "Administrator (link)")
