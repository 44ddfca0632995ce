from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from app.incidents import readiness
from tests.app.incidents.paging.conftest import Pager

pytestmark = pytest.mark.anyio

RED = "select name, remedy from readiness_check where not passed order by name"


async def ask(pager: Pager) -> int:
    return await readiness.refresh(pager.world.database, pager.channels)


async def test_it_is_asked_every_five_minutes(pager: Pager) -> None:
    first, soon = await ask(pager), await ask(pager)
    await pager.advance(minutes=5)
    later = await ask(pager)

    assert first == later > 0
    assert soon == 0


async def test_of_many_at_once_one_asks(pager: Pager) -> None:
    answers = await asyncio.gather(*(ask(pager) for _ in range(5)))

    assert sum(answer > 0 for answer in answers) == 1


async def test_what_would_keep_a_page_from_ringing_is_red(pager: Pager) -> None:
    pager.pagerduty.account.rotas["operator"].maintenance = True

    await ask(pager)

    assert any(name.startswith("operator") for name in await pager.world.column(RED))


async def test_a_missing_key_names_its_variable(pager: Pager) -> None:
    pager.set(pagerduty_routing_key_commander=None)
    pager.channels = replace(pager.channels, rest=None)

    await ask(pager)

    assert await pager.world.rows(RED) == [
        ("api", "Set OPSBOOK_PAGERDUTY_API_TOKEN."),
        ("incident_commander: routing key", "Set OPSBOOK_PAGERDUTY_ROUTING_KEY_COMMANDER."),
    ]


async def test_what_was_red_turns_green(pager: Pager) -> None:
    pager.channels, rest = replace(pager.channels, rest=None), pager.channels.rest
    await ask(pager)
    pager.channels = replace(pager.channels, rest=rest)
    await pager.advance(minutes=5)

    await ask(pager)

    assert "api" not in await pager.world.column(RED)
