"""The pager's rounds: fire timers, send pages, look whether they got through, ask whether they would."""

from __future__ import annotations

from functools import partial

from app.assembly import House
from app.incidents import escalation, pulse, readiness
from app.incidents.paging import confirmation, sending
from jobs.sending import Senders
from jobs.sweep import Round


def rounds(house: House, senders: Senders) -> list[Round]:
    """What a pager looks for, the most urgent first."""
    return [
        Round("escalations", partial(fire_due, house)),
        Round("pages", partial(send_pages, house, senders)),
        Round("confirmations", partial(check_pages, house, senders)),
        Round("readiness", partial(ask_readiness, house)),
    ]


async def fire_due(house: House) -> int:
    """Page the next in line where nobody has acknowledged in time."""
    async with house.database.unit_of_work() as work:
        return await escalation.fire_due(work)


async def send_pages(house: House, senders: Senders) -> int:
    """Send the pages that are due."""
    return await senders.start(
        partial(sending.claim_due, house.database), partial(sending.send, house.database, house.channels)
    )


async def check_pages(house: House, senders: Senders) -> int:
    """Look after pages that were taken, or should have been."""
    return await senders.start(
        partial(confirmation.claim_checks, house.database),
        partial(confirmation.check, house.database, house.channels),
    )


async def ask_readiness(house: House) -> int:
    """Ask every five minutes whether a page would reach somebody."""
    return await readiness.refresh(house.database, house.channels)


async def seconds_until_due(house: House) -> float | None:
    """How long the pager may sleep, as far as rows tell."""
    return await pulse.seconds_until_due(house.database)
