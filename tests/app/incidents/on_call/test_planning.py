from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from app.errors import Conflict, Forbidden, InvalidInput, NotFound
from app.incidents.on_call import covers, rotas
from app.incidents.on_call.rules import PLANNED_AHEAD
from app.incidents.on_call.words import ShiftSource
from app.incidents.words import IncidentRole
from app.security.permissions import SYSTEM
from tests.app.incidents.on_call.conftest import OPERATOR, Rota

pytestmark = pytest.mark.anyio
HOUR = timedelta(hours=1)
ROTA, COVER = ShiftSource.ROTA, ShiftSource.COVER


async def test_the_first_is_on_call_at_once_and_the_next_after_the_handover(rota: Rota) -> None:
    first = await rota.on_call()
    await rota.world.advance(days=7)

    second = await rota.on_call()

    assert first is not None
    assert second is not None
    assert (first.name, first.email, first.source) == ("Olive", "olive@example.com", ShiftSource.ROTA)
    assert second.name == "Oscar"


async def test_weeks_ahead_are_planned_without_a_gap(rota: Rota) -> None:
    found = await rota.shifts()

    assert all(one.ends_at == after.begins_at for one, after in pairwise(found))
    assert found[-1].ends_at > await rota.now() + PLANNED_AHEAD - HOUR
    assert {one.person_id for one in found} == {rota.olive, rota.oscar}


async def test_a_round_plans_on_and_changes_nothing_that_stands(rota: Rota) -> None:
    before = await rota.world.rows("select id, ends_at from on_call_shift order by id")
    again = await rota.plan()
    await rota.world.advance(days=7)

    later = await rota.plan()

    assert (again, later) == (0, 1)
    assert (await rota.world.rows("select id, ends_at from on_call_shift order by id"))[:-1] == before


async def test_who_covers_is_on_call_meanwhile_and_then_it_goes_on(rota: Rota) -> None:
    await rota.cover(rota.oscar, hours=2)

    during = await rota.on_call()
    await rota.world.advance(hours=2)
    after = await rota.on_call()

    assert during is not None
    assert after is not None
    assert (during.name, during.source) == ("Oscar", ShiftSource.COVER)
    assert (after.name, after.source) == ("Olive", ShiftSource.ROTA)


async def test_what_has_been_stays_when_the_plan_changes(rota: Rota) -> None:
    await rota.world.advance(hours=1)
    await rota.set([rota.oscar])
    begun = await rota.shifts()
    await rota.world.advance(hours=1)

    cover = await rota.cover(rota.olive)
    await rota.world.advance(hours=1)
    await rota.world.do(covers.cancel, rota.world.olive, cover)

    found = await rota.shifts()
    assert [one.person_id for one in found[:4]] == [rota.olive, rota.oscar, rota.olive, rota.oscar]
    assert [one.source for one in found[:4]] == [ROTA, ROTA, COVER, ROTA]
    assert found[0] == begun[0]
    assert all(one.ends_at == after.begins_at for one, after in pairwise(found))


async def test_a_cover_that_is_called_off_before_it_begins_was_never_there(rota: Rota) -> None:
    before = await rota.shifts()
    cover = await rota.cover(rota.oscar, begins_in=1)

    await rota.world.do(covers.cancel, rota.world.olive, cover)

    assert await rota.shifts() == before
    with pytest.raises(Conflict):
        await rota.world.do(covers.cancel, rota.world.olive, cover)


async def test_who_was_deactivated_is_not_on_call_and_leaves_a_gap(rota: Rota) -> None:
    await rota.deactivate(rota.olive)
    at_once = await rota.on_call()

    await rota.plan()

    assert at_once is None
    assert {one.person_id for one in (await rota.shifts())[1:]} == {rota.oscar}


async def test_a_rota_without_anybody_ends_it(rota: Rota) -> None:
    await rota.set([])

    assert await rota.on_call() is None
    assert await rota.world.one("select count(*) from on_call_shift where ends_at > clock_timestamp()") == 0
    assert await rota.world.one("select count(*) from rota") == 2


async def test_a_role_without_a_rota_has_nobody(rota: Rota) -> None:
    assert await rota.on_call(IncidentRole.POLICY_OWNER) is None


async def test_only_who_has_the_role_takes_turns_or_covers(rota: Rota) -> None:
    nora = rota.world.nora.id

    with pytest.raises(InvalidInput, match="Nora is no operator") as turns:
        await rota.set([rota.olive, nora or 0])
    with pytest.raises(InvalidInput, match="still sign in") as covering:
        await rota.cover(4711)

    assert (turns.value.path, covering.value.path) == (("memberIds",), ("personId",))


async def test_wrong_rotas_and_covers_name_their_field(rota: Rota) -> None:
    paths = []
    wrong = replace(rota.handover, zone="Berlin")
    for members, handover in (([rota.olive] * 2, rota.handover), ([rota.olive], wrong)):
        with pytest.raises(InvalidInput) as refused:
            await rota.set(members, handover)
        paths.append(refused.value.path)
    for hours in (-1, 24 * 57):
        with pytest.raises(InvalidInput) as refused:
            await rota.cover(rota.oscar, hours=hours)
        paths.append(refused.value.path)
    with pytest.raises(InvalidInput) as refused:
        await rota.world.do(rotas.set_rota, SYSTEM, IncidentRole.SCRIBE, [], rota.handover)

    assert [*paths, refused.value.path] == [
        ("memberIds",),
        ("timeZone",),
        ("endsAt",),
        ("endsAt",),
        ("role",),
    ]


async def test_operators_cover_and_only_administrators_set_rotas(rota: Rota) -> None:
    world = rota.world
    soon = await rota.now() + HOUR

    with pytest.raises(Forbidden):
        await world.do(rotas.set_rota, world.olive, OPERATOR, [rota.oscar], rota.handover)
    with pytest.raises(NotFound):
        await world.do(covers.cover, world.nora, OPERATOR, rota.oscar, begins_at=None, ends_at=soon)

    await world.do(covers.cover, world.olive, OPERATOR, rota.oscar, begins_at=None, ends_at=soon)
    actions = await world.column("select action from audit_event where action like 'on_call.%' order by id")
    assert actions == ["on_call.set_rota", "on_call.cover"]
