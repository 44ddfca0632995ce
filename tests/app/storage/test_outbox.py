from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped

from app import clock as app_clock
from app.storage import outbox
from app.storage.base import Base
from app.storage.engine import Database
from app.storage.outbox import Outgoing
from tests import clock

pytestmark = pytest.mark.anyio

LEASE = timedelta(seconds=7)


class Parcels(DeclarativeBase):
    """A schema of its own: what a test adds is no table of ours."""

    type_annotation_map = Base.type_annotation_map


class Parcel(Outgoing, Parcels):
    __tablename__ = "parcel"
    urgency: Mapped[int]


@dataclass
class Depot:
    database: Database
    url: str

    async def bring(self, *urgencies: int, due_in: timedelta = timedelta()) -> None:
        rows = [{"urgency": urgency, "due_at": app_clock.after(due_in)} for urgency in urgencies]
        async with self.database.unit_of_work() as work:
            await work.session.execute(insert(Parcel).values(rows))

    async def claim(self, limit: int = 10) -> Sequence[Parcel]:
        async with self.database.unit_of_work() as work:
            order = (Parcel.urgency,)
            return await outbox.claim(work.session, Parcel, lease=LEASE, limit=limit, urgency=order)

    async def settle(self, parcel: Parcel, **outcome: object) -> bool:
        async with self.database.unit_of_work() as work:
            return await outbox.settle(work.session, parcel, **outcome)

    async def held(self, parcel: Parcel) -> bool:
        async with self.database.unit_of_work() as work:
            held = await outbox.hold(work.session, Parcel, [parcel])
            return outbox.is_ours(held[parcel.id], parcel)

    async def advance(self, **by: float) -> None:
        await clock.advance(self.url, timedelta(**by))

    async def stored(self) -> Parcel:
        async with self.database.unit_of_work() as work:
            return (await work.session.scalars(select(Parcel))).one()


@pytest.fixture
async def depot(database_url: str) -> AsyncIterator[Depot]:
    database = await Database.open(database_url)
    async with database.engine.begin() as connection:
        await connection.run_sync(Parcels.metadata.create_all)
    yield Depot(database, database_url)
    await database.close()


async def test_the_most_urgent_are_claimed_first_and_no_more_than_asked(depot: Depot) -> None:
    await depot.bring(3, 0, 2, 1)

    claimed = await depot.claim(limit=2)

    assert sorted(parcel.urgency for parcel in claimed) == [0, 1]


async def test_what_is_not_due_stays(depot: Depot) -> None:
    await depot.bring(1, due_in=timedelta(minutes=5))

    early = await depot.claim()
    await depot.advance(minutes=5)
    in_time = await depot.claim()

    assert (len(early), len(in_time)) == (0, 1)


async def test_what_somebody_holds_is_nobody_elses_until_the_lease_is_over(depot: Depot) -> None:
    await depot.bring(1)
    (first,) = await depot.claim()

    held = await depot.claim()
    await depot.advance(seconds=7)
    (second,) = await depot.claim()

    assert held == []
    assert (first.attempts, second.attempts) == (1, 2)
    assert first.lease_token != second.lease_token


async def test_many_claimers_take_everything_once(depot: Depot) -> None:
    await depot.bring(*range(100))

    claims = await asyncio.gather(*(depot.claim(limit=9) for _ in range(15)))

    taken = [parcel.id for claim in claims for parcel in claim]
    assert len(taken) == len(set(taken)) == 100


async def test_what_is_settled_is_over(depot: Depot) -> None:
    await depot.bring(1)
    (parcel,) = await depot.claim()

    assert await depot.settle(parcel)

    await depot.advance(hours=1)
    assert await depot.claim() == []


async def test_what_failed_comes_again_when_it_is_due(depot: Depot) -> None:
    await depot.bring(1)
    (parcel,) = await depot.claim()
    await depot.settle(parcel, due_at=app_clock.after(timedelta(seconds=4)), last_error="timeout")

    at_once = await depot.claim()
    await depot.advance(seconds=4)
    (again,) = await depot.claim()

    assert at_once == []
    assert (again.attempts, again.last_error) == (2, "timeout")


async def test_who_lost_the_lease_settles_nothing(depot: Depot) -> None:
    await depot.bring(1)
    (frozen,) = await depot.claim()
    await depot.advance(seconds=7)
    (successor,) = await depot.claim()

    assert not await depot.settle(frozen, last_error="I was frozen")
    assert not await depot.held(frozen)

    assert (await depot.stored()).lease_token == successor.lease_token
    assert await depot.settle(successor)


async def test_a_late_settlement_counts_while_nobody_has_taken_over(depot: Depot) -> None:
    await depot.bring(1)
    (parcel,) = await depot.claim()
    await depot.advance(minutes=1)

    assert await depot.settle(parcel)


async def test_when_to_look_again_is_the_soonest_that_is_free(depot: Depot) -> None:
    async def wait() -> float | None:
        async with depot.database.unit_of_work() as work:
            return await outbox.seconds_until_due(work.session, Parcel)

    nothing = await wait()
    await depot.bring(1)
    late = await wait()
    await depot.claim()
    leased = await wait()

    assert nothing is None
    assert late is not None
    assert leased is not None
    assert -2 < late <= 0
    assert 5 < leased <= 7
