"""Signed links for those who have not signed in: look at what one would do, and do it."""

from __future__ import annotations

from app.assembly import House
from app.incidents import links
from app.incidents.acknowledgement import Answer
from app.incidents.links import Look

__all__ = ["Answer", "Look", "acknowledge", "look"]


async def look(house: House, token: str) -> Look:
    """Say what a link would find, without using it."""
    async with house.database.unit_of_work() as work:
        return await links.look(work, house.channels.secret_key, token)


async def acknowledge(house: House, token: str) -> Answer:
    """Use a link in the name of the role that was called."""
    async with house.database.unit_of_work() as work:
        return await links.acknowledge(work, house.channels.secret_key, token)
