from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.demo.pagerduty.schedule import Override, Person
from app.incidents import readiness
from app.incidents.on_call import copying, covers
from tests.app.incidents.on_call.conftest import Rota
from tests.app.incidents.paging.conftest import Pager
from tests.app.incidents.paging.conftest import pager as paging

pytestmark = pytest.mark.anyio
OSCAR = Person("PUOSCAR", "Oscar There", "oscar@example.com")
__all__ = ["paging"]
STATE = (
    "select external_id is not null, told_at is not null, due_at is not null, last_error from on_call_cover"
)


@pytest.fixture
async def pager(rota: Rota, paging: Pager) -> Pager:
    """PagerDuty knows Oscar, and has told which schedule the operators go by."""
    paging.pagerduty.account.people["oscar"] = OSCAR
    assert paging.channels.rest is not None
    paging.channels = replace(paging.channels, rest=replace(paging.channels.rest, sender=OSCAR.email))
    await readiness.refresh(paging.world.database, paging.channels)
    return paging


async def tell(pager: Pager) -> int:
    claimed = await copying.claim_due(pager.world.database, 10)
    for copy in claimed:
        await copying.send(pager.world.database, pager.channels.rest, copy)
    return len(claimed)


def overrides(pager: Pager) -> list[Override]:
    return pager.pagerduty.account.rotas["operator"].schedule.overrides


async def state(pager: Pager) -> Any:
    return (await pager.world.rows(STATE))[0]


async def test_who_stands_in_here_stands_in_at_pagerduty(rota: Rota, pager: Pager) -> None:
    await rota.cover(rota.oscar, begins_in=1)

    await tell(pager)

    [made] = overrides(pager)
    assert (made.person, await state(pager)) == (OSCAR, (True, True, False, None))


async def test_a_lost_reply_makes_no_second_override(rota: Rota, pager: Pager) -> None:
    await rota.cover(rota.oscar, begins_in=1)
    await tell(pager)
    await pager.world.change(
        "update on_call_cover set external_id = null, told_at = null, due_at = clock_timestamp()"
    )

    await tell(pager)

    assert len(overrides(pager)) == 1
    assert await state(pager) == (True, True, False, None)


async def test_what_is_called_off_here_is_called_off_there(rota: Rota, pager: Pager) -> None:
    cover = await rota.cover(rota.oscar, begins_in=1)
    await tell(pager)

    await rota.world.do(covers.cancel, rota.world.olive, cover)
    await tell(pager)

    assert overrides(pager) == []


async def test_what_is_called_off_while_it_is_told_is_called_off_there_too(rota: Rota, pager: Pager) -> None:
    cover = await rota.cover(rota.oscar, begins_in=1)
    [copy] = await copying.claim_due(pager.world.database, 10)

    await rota.world.do(covers.cancel, rota.world.olive, cover)
    await copying.send(pager.world.database, pager.channels.rest, copy)
    await tell(pager)

    assert overrides(pager) == []


async def test_while_pagerduty_fails_it_is_tried_again(rota: Rota, pager: Pager) -> None:
    await rota.cover(rota.oscar, begins_in=1)
    pager.pagerduty.faults.rest = "500"
    await tell(pager)
    failed = await state(pager)
    pager.pagerduty.faults.rest = "none"
    await pager.advance(seconds=3)

    await tell(pager)

    assert failed == (False, False, True, "PagerDuty did not answer (server error).")
    assert len(overrides(pager)) == 1


async def test_who_is_not_known_there_is_said_and_not_tried_again(rota: Rota, pager: Pager) -> None:
    await rota.cover(rota.olive, begins_in=1)

    await tell(pager)

    assert await state(pager) == (False, False, False, copying.FINAL["not_found"])
    assert await tell(pager) == 0


async def test_without_a_schedule_at_pagerduty_nothing_is_owed(rota: Rota) -> None:
    await rota.cover(rota.oscar)

    assert await rota.world.one("select due_at from on_call_cover") is None
