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
from app.storage.unit_of_work import UnitOfWork
from jobs.sending import Senders
from jobs.sweep import Round, Waits

log = structlog.get_logger("opsbook.incidents")
WRITE_AT_ONCE = 4  # of those who look after pages
LOOK_EVERY = timedelta(seconds=15)  # whether five minutes are over


def rounds(house: House, senders: Senders) -> list[Round]:
    """What a pager looks for, the most urgent first."""
    return [
        Round("escalations", partial(_in_one_transaction, house, escalation.fire_due)),
        Round("pages", send_pages(house, senders)),
        Round("lapses", partial(_in_one_transaction, house, lapse.lapse_due)),
        Round("silences", partial(_in_one_transaction, house, lifting.lift_due)),
        Round("heartbeats", partial(_in_one_transaction, house, heartbeats.fire_missed)),
        Round("quiet incidents", partial(_in_one_transaction, house, flapping.end_quiet)),
        Round("nudges", partial(_in_one_transaction, house, nudging.nudge_due)),
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


async def _in_one_transaction(house: House, step: Callable[[UnitOfWork], Awaitable[int]]) -> int:
    """Do a batch of what is due in a transaction of its own; answers how much that was."""
    async with house.database.unit_of_work() as work:
        return await step(work)


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


async def seconds_until_due(house: House) -> Waits:
    """How long the pager's rounds may wait, as far as rows tell."""
    return await pulse.seconds_until_due(house.database)
