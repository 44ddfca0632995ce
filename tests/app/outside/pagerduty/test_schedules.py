from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from app.demo.pagerduty.rota import IVAN
from app.outside.pagerduty import schedules
from app.outside.pagerduty.rest import Rest, Unanswered
from app.outside.pagerduty.schedules import Override
from app.outside.secret import Secret
from tests.fakes.pagerduty import PagerDuty

pytestmark = pytest.mark.anyio
HOUR = timedelta(hours=1)


@pytest.fixture
def now(pagerduty: PagerDuty) -> datetime:
    return pagerduty.account.now().replace(microsecond=0)


async def on_calls(rest: Rest, pagerduty: PagerDuty, now: datetime) -> list[schedules.OnCall] | Unanswered:
    keys = {role: Secret(rota.routing_key) for role, rota in pagerduty.account.rotas.items()}
    return await schedules.on_calls(rest, keys, now, now + 14 * 24 * HOUR)


async def test_each_role_has_who_is_on_call_from_when_to_when(
    rest: Rest, pagerduty: PagerDuty, now: datetime
) -> None:
    found = await on_calls(rest, pagerduty, now)

    assert not isinstance(found, Unanswered)
    first = found[0]
    assert (first.role, first.name, first.email) == ("operator", "Olive Okafor", "olive@opsbook.example")
    assert first.schedule_id == "PCOPER"
    assert first.begins_at is not None
    assert first.ends_at is not None
    assert first.begins_at <= now < first.ends_at
    assert {one.role for one in found} == {"operator", "commander", "policy_owner"}


async def test_nobody_on_call_is_nobody(rest: Rest, pagerduty: PagerDuty, now: datetime) -> None:
    for rota in pagerduty.account.rotas.values():
        rota.on_call = None

    assert await on_calls(rest, pagerduty, now) == []


async def test_no_answer_is_said(rest: Rest, pagerduty: PagerDuty, now: datetime) -> None:
    pagerduty.faults.rest = "500"

    assert await on_calls(rest, pagerduty, now) == Unanswered("server_error")


async def test_an_override_is_made_found_and_deleted(rest: Rest, pagerduty: PagerDuty, now: datetime) -> None:
    rest.sender = IVAN.email
    wanted = Override("PCOPER", IVAN.email.upper(), now + HOUR, now + 2 * HOUR)
    before = await schedules.find_override(rest, wanted)

    made = await schedules.make_override(rest, wanted)
    found = await schedules.find_override(rest, wanted)
    assert isinstance(found, str)
    during = await on_calls(rest, pagerduty, now + HOUR)
    gone = [await schedules.delete_override(rest, "PCOPER", found) for _ in range(2)]

    assert (before, made, gone) == (None, None, [None, None])
    assert not isinstance(during, Unanswered)
    assert "Ivan Ivanov" in {one.name for one in during if one.role == "operator"}
    assert pagerduty.account.rotas["operator"].schedule.overrides == []


async def test_an_override_needs_a_user_and_a_sender(rest: Rest, pagerduty: PagerDuty, now: datetime) -> None:
    stranger = Override("PCOPER", "stranger@example.com", now, now + HOUR)
    rest.sender = "stranger@example.com"

    unknown = await schedules.make_override(rest, stranger)
    unsent = await schedules.make_override(rest, Override("PCOPER", IVAN.email, now, now + HOUR))

    assert unknown == Unanswered("not_found")
    assert isinstance(unsent, Unanswered)
