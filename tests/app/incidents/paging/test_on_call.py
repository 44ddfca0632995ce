from __future__ import annotations

import pytest

from app.incidents.words import Severity
from tests.app.incidents.on_call.conftest import Rota, staffed
from tests.app.incidents.paging.conftest import Pager

pytestmark = pytest.mark.anyio


@pytest.fixture
async def rota(pager: Pager) -> Rota:
    """Olive and Oscar take turns, and PagerDuty has no key to page operators by."""
    pager.set(pagerduty_routing_key_operator=None)
    return await staffed(pager.world)


async def called(pager: Pager) -> list[str]:
    """The addresses that a call of the operator goes to."""
    await pager.world.declare(severity=Severity.S2)
    await pager.send_due()
    return sorted(pager.relay.recipients)


async def test_the_mail_goes_to_whoever_is_on_call(pager: Pager, rota: Rota) -> None:
    assert await called(pager) == ["olive@example.com"]


async def test_the_mail_goes_to_who_stands_in(pager: Pager, rota: Rota) -> None:
    await rota.cover(rota.oscar)

    assert await called(pager) == ["oscar@example.com"]


async def test_where_nobody_is_on_call_everybody_with_the_role_is_told(pager: Pager, rota: Rota) -> None:
    await rota.set([])

    assert await called(pager) == ["olive@example.com", "oscar@example.com"]


async def test_who_was_deactivated_since_is_not_written_to(pager: Pager, rota: Rota) -> None:
    await rota.deactivate(rota.olive)

    assert await called(pager) == ["oscar@example.com"]
