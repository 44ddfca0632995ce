"""The pager's rounds: fire timers, send pages, miss heartbeats, remind, look whether pages got through."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

import structlog

from app.assembly import House
from app.errors import Unavailable
from app.incidents import escalation, flapping, heartbeats, lapse, pulse, readiness
from app.incidents.communication import nudging
from app.incidents.paging import claiming, confirmation, editing, sending, settling
from app.incidents.silences import lifting
from jobs.sending import Senders
from jobs.sweep import Round, Waits

log = structlog.get_logger("opsbook.incidents")
WRITE_AT_ONCE = 4  # of those who look after pages
LOOK_EVERY = timedelta(seconds=15)  # whether five minutes are over


def rounds(house: House, senders: Senders) -> list[Round]:
    """What a pager looks for, the most urgent first."""
    return [
        Round("escalations", partial(fire_due, house)),
        Round("pages", send_pages(house, senders)),
        Round("lapses", partial(lapse_due, house)),
        Round("silences", partial(lift_silences, house)),
        Round("heartbeats", partial(miss_heartbeats, house)),
        Round("quiet incidents", partial(end_quiet, house)),
        Round("nudges", partial(nudge_due, house)),
        Round("confirmations", check_pages(house, senders)),
        Round("slack answers", answer_presses(house, senders)),
    ]


def send_pages(house: House, senders: Senders) -> Callable[[], Awaitable[int]]:
    """Send the pages that are due, each role's and each provider's in a lane of its own."""
    settlements = settling.settlements(house.database, slack=house.channels.has_slack)
    claim = partial(claiming.claim_due, house.database, whose=house.channels.budget_of)
    send = partial(sending.send, house.database, settlements, house.channels)
    return partial(senders.start, "pages", claim, send, lane=sending.lane)


def check_pages(house: House, senders: Senders) -> Callable[[], Awaitable[int]]:
    """Look after pages that were taken, or should have been."""
    claim = partial(confirmation.claim_checks, house.database)
    check = partial(confirmation.check, house.database, house.channels, asyncio.Semaphore(WRITE_AT_ONCE))
    return partial(senders.start, "confirmations", claim, check)


def answer_presses(house: House, senders: Senders) -> Callable[[], Awaitable[int]]:
    """Answer those who pressed a button in Slack."""
    claim = partial(editing.claim_due, house.database, house.channels)
    send = partial(editing.send, house.database, house.channels, house.keyring)
    return partial(senders.start, "slack answers", claim, send)


async def fire_due(house: House) -> int:
    """Page the next in line where nobody has acknowledged in time."""
    async with house.database.unit_of_work() as work:
        return await escalation.fire_due(work)


async def lapse_due(house: House) -> int:
    """Page again for what was acknowledged and then forgotten."""
    async with house.database.unit_of_work() as work:
        return await lapse.lapse_due(work)


async def miss_heartbeats(house: House) -> int:
    """Make alerts of heartbeats that did not come."""
    async with house.database.unit_of_work() as work:
        return await heartbeats.fire_missed(work)


async def keep_asking(house: House) -> None:
    """Ask every five minutes whether a page would reach somebody, until cancelled.

    It is no round: an API that is slow to answer must hold up neither timers nor pages.
    """
    while True:
        try:
            await readiness.refresh(house.database, house.channels)
        except Unavailable:
            log.warning("database is away, readiness is asked later")
        except Exception:
            log.exception("readiness could not be asked")
        await asyncio.sleep(LOOK_EVERY.total_seconds())


async def lift_silences(house: House) -> int:
    """Page for what a silence held back that is over."""
    async with house.database.unit_of_work() as work:
        return await lifting.lift_due(work)


async def end_quiet(house: House) -> int:
    """End what has been quiet for long enough."""
    async with house.database.unit_of_work() as work:
        return await flapping.end_quiet(work)


async def nudge_due(house: House) -> int:
    """Remind those who owe readers a word that is due."""
    async with house.database.unit_of_work() as work:
        return await nudging.nudge_due(work)


async def seconds_until_due(house: House) -> Waits:
    """How long the pager's rounds may wait, as far as rows tell."""
    return await pulse.seconds_until_due(house.database)
