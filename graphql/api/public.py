"""What anybody may read and do without signing in: the public status page, and the way off a list."""

from __future__ import annotations

from app.assembly import House
from app.incidents.communication import opting_out, public
from app.incidents.communication.opting_out import Subscription
from app.incidents.communication.public import PublicIncident, PublicUpdate

__all__ = ["PublicIncident", "PublicUpdate", "Subscription", "everything", "look", "one", "opt_out"]


async def everything(house: House) -> list[PublicIncident]:
    """What the community was told within 90 days."""
    async with house.database.unit_of_work() as work:
        return await public.everything(work)


async def one(house: House, number: int) -> PublicIncident:
    """What it was told of one incident. Raises: NotFound."""
    async with house.database.unit_of_work() as work:
        return await public.one(work, number)


async def look(house: House, token: str) -> Subscription:
    """Whom a link takes off the list. Raises: Unauthenticated, NotFound."""
    async with house.database.unit_of_work() as work:
        return await opting_out.look(work, house.channels.secret_key, token)


async def opt_out(house: House, token: str) -> Subscription:
    """Take them off. Raises: Unauthenticated, NotFound."""
    async with house.database.unit_of_work() as work:
        return await opting_out.opt_out(work, house.channels.secret_key, token)
