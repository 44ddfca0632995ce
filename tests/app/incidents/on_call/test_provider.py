from __future__ import annotations

from datetime import timedelta

import pytest

from app.demo.pagerduty.schedule import Override, Person
from app.incidents import readiness
from app.incidents.on_call.words import ShiftSource
from app.incidents.words import IncidentRole
from tests.app.incidents.on_call.conftest import Rota
from tests.app.incidents.paging.conftest import Pager
from tests.app.incidents.paging.conftest import pager as paging

pytestmark = pytest.mark.anyio
OSCAR = Person("PUOSCAR", "Oscar There", "oscar@example.com")
__all__ = ["paging"]


@pytest.fixture
async def pager(rota: Rota, paging: Pager) -> Pager:
    """A pager beside the rota, and PagerDuty, where somebody is on call whom nobody knows here."""
    return paging


async def ask(pager: Pager) -> int:
    return await readiness.refresh(pager.world.database, pager.channels)


async def numbers(rota: Rota) -> list[int]:
    return await rota.world.column("select id from on_call_shift where source = 'pagerduty' order by id")


async def test_what_pagerduty_says_comes_first(rota: Rota, pager: Pager) -> None:
    await ask(pager)

    found = await rota.on_call()

    assert found is not None
    assert (found.name, found.email) == ("Olive Okafor", "olive@opsbook.example")
    assert (found.source, found.person_id) == (ShiftSource.PAGERDUTY, None)
    assert found.until is not None


async def test_who_is_known_here_is_found_by_their_address(rota: Rota, pager: Pager) -> None:
    pager.pagerduty.account.rotas["operator"].on_call = OSCAR

    await ask(pager)

    found = await rota.on_call()
    assert found is not None
    assert (found.person_id, found.name) == (rota.oscar, "Oscar")


async def test_while_pagerduty_does_not_answer_the_rota_counts(rota: Rota, pager: Pager) -> None:
    await ask(pager)
    pager.pagerduty.faults.rest = "500"
    await pager.advance(minutes=5)

    await ask(pager)

    found = await rota.on_call()
    assert found is not None
    assert (found.name, found.source) == ("Olive", ShiftSource.ROTA)
    assert await numbers(rota)  # it comes back with the answers


async def test_when_nobody_asks_any_more_the_rota_counts(rota: Rota, pager: Pager) -> None:
    await ask(pager)

    await pager.advance(minutes=17)

    found = await rota.on_call()
    assert found is not None
    assert found.source is ShiftSource.ROTA


async def test_what_stays_the_same_keeps_its_number(rota: Rota, pager: Pager) -> None:
    await ask(pager)
    before = await numbers(rota)
    await pager.advance(minutes=5)

    await ask(pager)

    assert await numbers(rota) == before


async def test_an_override_made_there_is_seen_here(rota: Rota, pager: Pager) -> None:
    account = pager.pagerduty.account
    begins = account.now() + timedelta(minutes=1)
    account.rotas["operator"].schedule.overrides.append(Override(OSCAR, begins, begins + timedelta(hours=8)))
    await ask(pager)
    before = await rota.on_call()

    await pager.advance(minutes=2)

    during = await rota.on_call()
    assert [one and one.name for one in (before, during)] == ["Olive Okafor", "Oscar"]
    assert before is not None
    assert before.until is not None
    assert before.until == begins.replace(microsecond=begins.microsecond // 1000 * 1000)


async def test_without_a_key_for_a_role_pagerduty_says_nothing_of_it(rota: Rota, pager: Pager) -> None:
    pager.set(pagerduty_routing_key_commander=None)

    await ask(pager)

    assert await rota.on_call(IncidentRole.INCIDENT_COMMANDER) is None
