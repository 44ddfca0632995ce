"""The general worker's care for on-call: plan the weeks that come nearer, tell PagerDuty who stands in."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from typing import Final

import structlog

from app.assembly import House
from app.errors import Unavailable
from app.incidents.on_call import copying, planning
from jobs.sending import Senders
from jobs.sweep import Round

log = structlog.get_logger("opsbook.on_call")
# Thirteen weeks are planned: what this is in time for is somebody who was deactivated.
PLAN_EVERY: Final = timedelta(minutes=1)
COVERS: Final = "covers"
AT_ONCE: Final = 5


def rounds(house: House, senders: Senders) -> list[Round]:
    """What the general worker looks for."""
    claim = partial(copying.claim_due, house.database)
    send = partial(copying.send, house.database, house.channels.rest)
    return [Round(COVERS, partial(senders.start, COVERS, claim, send, at_once=AT_ONCE))]


async def keep_planning(house: House) -> None:
    """Plan until cancelled, and outlive the absence of the database."""
    while True:
        try:
            if changed := await planning.plan_all(house.database):
                log.info("shifts planned", changed=changed)
        except Unavailable:
            log.warning("database is away, shifts are planned when it is back")
        except Exception:
            log.exception("shifts could not be planned")
        await asyncio.sleep(PLAN_EVERY.total_seconds())
