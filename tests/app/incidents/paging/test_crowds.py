"""What a call that stands for many costs: one look at it, and one claim."""

from __future__ import annotations

import pytest

from app.incidents.paging import confirmation
from tests.app.incidents.paging.conftest import Pager
from tests.app.incidents.paging.test_storms import crowd, spent

pytestmark = pytest.mark.anyio


async def test_more_pages_share_a_call_than_may_leave_at_once(pager: Pager) -> None:
    await spent(pager, 4.2)
    await crowd(pager, 12)

    calls = await pager.claim(limit=5)

    assert [len(call.others) for call in calls] == [11]


async def test_a_call_is_looked_at_once_before_the_commander_is_paged(pager: Pager) -> None:
    pager.pagerduty.pages.expect_anything()
    await spent(pager, 4.2)
    await crowd(pager, 5)
    await pager.send_due()
    await pager.advance(seconds=2)
    await pager.look()
    await pager.advance(seconds=295)

    looks = await confirmation.claim_checks(pager.world.database, 50)
    again = await pager.look()

    assert (len(looks), again) == (1, 0)


async def test_while_nobody_has_to_share_no_more_are_claimed_than_may_leave(pager: Pager) -> None:
    await crowd(pager, 6)

    assert len(await pager.claim(limit=5)) == 5
