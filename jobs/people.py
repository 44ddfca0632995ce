"""The general worker's round for people: mail the sign-in links that were asked for."""

from __future__ import annotations

from functools import partial

from app.assembly import House
from app.security import link_requests
from app.security.models import SignInRequest
from app.storage import outbox
from jobs.sweep import Round


def rounds(house: House) -> list[Round]:
    """What the general worker looks for."""
    return [Round("sign-in links", partial(send_links, house))]


async def send_links(house: House) -> int:
    """Make and mail the links that are due."""
    return await link_requests.send_requested(house.database, house.settings)


async def seconds_until_due(house: House) -> float | None:
    """How long the general worker may sleep, as far as rows tell."""
    async with house.database.unit_of_work() as work:
        return await outbox.seconds_until_due(work.session, SignInRequest)
