from __future__ import annotations

import asyncio

import pytest

from app.demo.pagerduty.account import Notification
from app.incidents.words import Severity
from tests.jobs.conftest import Pager

pytestmark = pytest.mark.anyio


def is_acknowledged(pager: Pager, page: Notification) -> bool:
    incident = pager.pagerduty.account.incident(page.incident_id)
    return incident is not None and incident.status == "acknowledged"


async def test_the_operator_is_paged_at_once(pager: Pager) -> None:
    async with pager.working():
        await pager.declare()

        page = await pager.pagerduty.pages.expect(role="operator")

    assert page.title.startswith("[OPS-1·1] S2: Checkout is down")


async def test_a_severe_incident_pages_the_policy_owner_too(pager: Pager) -> None:
    async with pager.working():
        await pager.declare(Severity.S0)

        await pager.pagerduty.pages.expect(role="operator")
        await pager.pagerduty.pages.expect(role="policy_owner")


async def test_the_commander_is_paged_after_five_minutes(pager: Pager) -> None:
    async with pager.working():
        await pager.declare()
        await pager.pagerduty.pages.expect(role="operator")

        await pager.advance(minutes=5)

        await pager.pagerduty.pages.expect(role="commander")


async def test_nobody_is_paged_after_an_acknowledgement(pager: Pager) -> None:
    async with pager.working():
        number = await pager.declare()
        await pager.pagerduty.pages.expect(role="operator")

        await pager.acknowledge(number)
        await pager.advance(minutes=30)
        await asyncio.sleep(1)  # two sweeps and the pages they would send

    pager.pagerduty.pages.expect_nothing_more()


async def test_an_acknowledgement_reaches_the_page_at_pagerduty(pager: Pager) -> None:
    async with pager.working():
        number = await pager.declare()
        page = await pager.pagerduty.pages.expect(role="operator")

        await pager.acknowledge(number)
        async with asyncio.timeout(5):
            while not is_acknowledged(pager, page):
                await asyncio.sleep(0.02)


async def test_what_is_acknowledged_and_forgotten_rings_the_operator_again(pager: Pager) -> None:
    async with pager.working():
        number = await pager.declare(Severity.S1)
        await pager.pagerduty.pages.expect(role="operator")
        await pager.pagerduty.pages.expect(role="policy_owner")
        await pager.acknowledge(number)

        await pager.advance(minutes=30)

        again = await pager.pagerduty.pages.expect(role="operator")
        await asyncio.sleep(1)  # two sweeps: it rings once

    assert again.title.startswith("[OPS-1·3] S1")
    pager.pagerduty.pages.expect_nothing_more()


async def test_a_silent_commander_is_rung_again_every_five_minutes(pager: Pager) -> None:
    async with pager.working():
        await pager.declare()
        await pager.pagerduty.pages.expect(role="operator")

        for _ in range(4):
            await pager.advance(minutes=5)
            await pager.pagerduty.pages.expect(role="commander")
        await pager.advance(minutes=5)
        await asyncio.sleep(1)

    pager.pagerduty.pages.expect_nothing_more()
