"""The general worker's round for people: mail the sign-in links that were asked for."""

from __future__ import annotations

from functools import partial

from app.assembly import House
from app.security import link_requests
from jobs.sweep import Round

LINKS = "sign-in links"


def rounds(house: House) -> list[Round]:
    """What the general worker looks for."""
    return [Round(LINKS, partial(send_links, house))]


async def send_links(house: House) -> int:
    """Make and mail the links that are due."""
    return await link_requests.send_requested(house.database, house.settings)
