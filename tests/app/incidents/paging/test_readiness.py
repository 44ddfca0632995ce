from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from app.incidents import readiness
from jobs.incidents import LOOK_EVERY
from tests.app.incidents.paging.conftest import Pager

pytestmark = pytest.mark.anyio

AUDITED = "select action, target_id from audit_event where action like 'readiness.%' order by id"
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


def webhook_off(pager: Pager) -> None:
    pager.pagerduty.subscription.disabled = True


def switch(name: str, value: object) -> Callable[[Pager], None]:
    def turn(pager: Pager) -> None:
        setattr(pager.pagerduty.account.rotas["operator"], name, value)

    return turn


SILENT = {
    "operator: maintenance": switch("maintenance", True),
    "operator: enabled": switch("enabled", False),
    "operator: auto-pause": switch("auto_pause", True),
    "operator: on call": switch("on_call", None),
    "webhook": webhook_off,
}


@pytest.mark.parametrize("name", SILENT)
async def test_it_is_red_and_audited_five_and_a_half_minutes_after_pages_fell_silent(
    pager: Pager, name: str
) -> None:
    pager.pagerduty.subscription.url = f"{pager.channels.settings.base_url.rstrip('/')}/hooks/pagerduty"
    await ask(pager)
    before = await pager.world.column(RED)
    SILENT[name](pager)

    await pager.advance(seconds=(timedelta(minutes=5, seconds=30) - LOOK_EVERY).total_seconds())
    await ask(pager)

    assert (before, await pager.world.column(RED)) == ([], [name])
    assert await pager.world.rows(AUDITED) == [("readiness.red", name)]


async def test_what_stays_red_is_audited_once_and_green_when_it_is_over(pager: Pager) -> None:
    pager.pagerduty.subscription.url = f"{pager.channels.settings.base_url.rstrip('/')}/hooks/pagerduty"
    for on in (True, True, False):
        pager.pagerduty.account.rotas["operator"].maintenance = on
        await ask(pager)
        await pager.advance(minutes=5)

    assert [row[0] for row in await pager.world.rows(AUDITED)] == ["readiness.red", "readiness.green"]


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
