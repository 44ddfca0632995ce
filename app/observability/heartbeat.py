"""The dead man's switch: somebody outside is told that Opsbook lives, and misses it when it does not.

Silence is the alarm, so nothing is sent when escalations are late or the database does not say.
Source: incidents specification, 2.4 and fact 36.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import Final

import structlog

from app.observability import health
from app.observability.inquiry import Inquiry
from app.outside import http
from app.storage.engine import Database

log = structlog.get_logger("opsbook.heartbeat")
EVERY: Final = timedelta(seconds=10)
WITHIN: Final = timedelta(seconds=5)


async def heartbeat(database: Database, client: http.Client, url: str, *, every: timedelta = EVERY) -> None:
    """Tell `url` every ten seconds that escalations leave in time, until cancelled."""
    watched = Inquiry(partial(health.ask_escalations, database))
    trouble = ""
    while True:
        was, trouble = trouble, await _beat_or_log(watched, client, url)
        if trouble != was:
            log.warning("heartbeat is silent", why=trouble) if trouble else log.info("heartbeat is back")
        await asyncio.sleep(every.total_seconds())


async def _beat_or_log(watched: Inquiry[health.Check], client: http.Client, url: str) -> str:
    try:
        return await beat(watched, client, url)
    except Exception:
        log.exception("a heartbeat failed")
        return "it failed"


async def beat(watched: Inquiry[health.Check], client: http.Client, url: str) -> str:
    """Send one beat if all is well; answers why there was none, or nothing."""
    found = await health.answered("escalations", watched)
    if found.state is not health.State.WELL:
        return "escalations are late, or the database does not say"
    answer = await client.send("GET", url, within=WITHIN)
    if isinstance(answer, http.Failure):
        return answer.kind
    return "" if answer.status < HTTPStatus.BAD_REQUEST else f"HTTP status {answer.status}"
