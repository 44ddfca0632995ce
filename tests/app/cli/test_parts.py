from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta

import pytest

from app import assembly, settings
from app.assembly import House
from app.cli import _parts as parts
from app.cli._findings import Finding, Verdict
from app.incidents import readiness
from tests import clock
from tests.fakes import mail as fake_mail
from tests.fakes.pagerduty import PagerDuty, serving

pytestmark = pytest.mark.anyio
BASE_URL = "https://ops.example"
Opened = Callable[..., AbstractAsyncContextManager[House]]


@pytest.fixture
def opened(database_url: str, redis_url: str) -> Opened:
    @asynccontextmanager
    async def open_house(more: dict[str, str] | None = None) -> AsyncIterator[House]:
        environ = {
            "OPSBOOK_DATABASE_URL": database_url,
            "OPSBOOK_REDIS_URL": redis_url,
            "OPSBOOK_SECRET_KEY": "k" * 32,
            "OPSBOOK_BASE_URL": BASE_URL,
        }
        async with assembly.opened(settings.read(environ | (more or {}))) as house:
            yield house

    return open_house


@pytest.fixture
async def pagerduty() -> AsyncIterator[PagerDuty]:
    async with serving(webhook_url=f"{BASE_URL}/hooks/pagerduty") as pagerduty:
        yield pagerduty


def verdicts(found: list[Finding]) -> list[Verdict]:
    return [one.verdict for one in found]


async def test_pagerduty_is_asked_now(opened: Opened, pagerduty: PagerDuty) -> None:
    async with opened(pagerduty.settings(pagerduty.url)) as house:
        well = await parts.pagerduty(house)
        pagerduty.account.rotas["commander"].enabled = False
        (ill,) = await parts.pagerduty(house)

    assert verdicts([*well]) == [Verdict.OK]
    assert ill.name == "PagerDuty: incident commander: enabled"
    assert ill.remedy


async def test_without_its_settings_here_what_the_pager_found_out_counts(
    opened: Opened, pagerduty: PagerDuty
) -> None:
    async with opened(pagerduty.settings(pagerduty.url)) as pager:
        await readiness.refresh(pager.database, pager.channels)

    async with opened() as house:
        found = await parts.pagerduty(house)

    assert [(one.verdict, one.detail) for one in found] == [
        (Verdict.OK, "The pager was told that a page would ring.")
    ]


async def test_what_the_pager_found_out_long_ago_counts_for_nothing(
    opened: Opened, pagerduty: PagerDuty, database_url: str
) -> None:
    async with opened(pagerduty.settings(pagerduty.url)) as pager:
        await readiness.refresh(pager.database, pager.channels)
    await clock.advance(database_url, timedelta(minutes=11))

    async with opened() as house:
        found = await parts.pagerduty(house)

    assert set(verdicts([*found])) == {Verdict.FAILED}


async def test_clocks_that_differ_are_a_warning_that_says_which_way(
    opened: Opened, database_url: str
) -> None:
    async with opened() as house:
        (before,) = await parts.clocks(house)
        await clock.advance(database_url, timedelta(seconds=30))
        (after,) = await parts.clocks(house)

    assert (before.verdict, after.verdict) == (Verdict.OK, Verdict.WARNING)
    assert "behind" in after.detail


async def test_the_relay_is_greeted_and_sent_nothing(opened: Opened) -> None:
    async with fake_mail.serving() as relay, opened({"OPSBOOK_SMTP_URL": relay.url}) as house:
        (found,) = await parts.letters(house)

    assert (found.verdict, relay.letters) == (Verdict.OK, [])


async def test_a_refused_login_names_the_variable_and_not_the_password(opened: Opened) -> None:
    async with fake_mail.serving() as relay:
        smtp_url = relay.url.replace("//", "//olive:wrong@")
        async with opened({"OPSBOOK_SMTP_URL": smtp_url}) as house:
            (found,) = await parts.letters(house)

    assert found.verdict is Verdict.FAILED
    assert "OPSBOOK_SMTP_URL" in found.remedy
    assert "wrong" not in found.detail
