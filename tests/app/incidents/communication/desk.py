"""Short words for what is told to whom."""

from __future__ import annotations

from typing import Any

from app.incidents.communication import posting
from app.incidents.communication.given import Given, Wanted
from app.security.permissions import Actor
from app.templates import Audience, PublicStatus
from tests.app.incidents.world import World

BASE = "https://ops.example"
GIVEN = Given(affected=["card payments", "refunds"], summary="Some payments fail at checkout.")


def wanted(
    audience: str = "community", status: str = "investigating", given: Given = GIVEN, **options: Any
) -> Wanted:
    """A message that lacks nothing."""
    return Wanted(Audience(audience), PublicStatus(status), given, **options)


async def post(
    world: World, number: int, audience: str = "community", by: Actor | None = None, **options: Any
) -> int:
    """Write a message; answers its id."""
    asked = wanted(audience, **options)
    return await world.do(posting.post, by or world.olive, number, asked, base_url=BASE)


async def tell(world: World, number: int, audience: str = "community", **options: Any) -> int:
    """Write a message and let Ivan approve it where that is needed."""
    message = await post(world, number, audience, **options)
    if await world.one("select sent_at is null from status_update where id = :id", id=message):
        await world.do(posting.approve, world.ivan, message)
    return message


async def subscribe(world: World, audience: str, *emails: str) -> None:
    """Put addresses into the register."""
    for email in emails:
        await world.change(
            "insert into subscriber (audience, email, name, added_at, added_by)"
            " values (:audience, :email, :email, clock_timestamp(), 'Ada')",
            audience=audience,
            email=email,
        )


async def notices(world: World) -> list[Any]:
    """Every copy: purpose, channel, recipient and how far it has come."""
    return await world.rows(
        "select purpose, channel, recipient, state from notice order by purpose, channel, recipient, id"
    )
