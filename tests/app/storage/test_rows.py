from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from app.activity.models import ActivityEvent
from app.storage.engine import Database
from app.storage.unit_of_work import UnitOfWork

pytestmark = pytest.mark.anyio

LONG_AGO = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
COUNT = select(func.count(ActivityEvent.id))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = await Database.open(database_url)
    yield database
    await database.close()


def write(work: UnitOfWork, summary: str = "It rained") -> None:
    work.write(ActivityEvent, **row(summary))


def row(summary: str) -> dict[str, Any]:
    words = {"stream": "weather", "kind": "rain", "summary": summary, "payload": {"mm": 4}}
    return {**words, "occurred_at": LONG_AGO, "recorded_at": LONG_AGO, "subject_path": None}


async def test_rows_are_there_after_the_commit_in_their_order(database: Database) -> None:
    async with database.unit_of_work() as work:
        for summary in ("first", "second", "third"):
            write(work, summary)

    async with database.unit_of_work() as work:
        found = await work.session.scalars(select(ActivityEvent.summary).order_by(ActivityEvent.id))
        assert found.all() == ["first", "second", "third"]


async def test_a_statement_of_the_same_transaction_finds_them(database: Database) -> None:
    async with database.unit_of_work() as work:
        write(work)
        before = await work.session.scalar(COUNT)
        write(work)
        after = await work.session.scalar(COUNT)

    assert (before, after) == (1, 2)


async def test_they_leave_after_the_objects_that_were_there_before(database: Database) -> None:
    async with database.unit_of_work() as work:
        work.session.add(ActivityEvent(**row("object")))
        write(work, "row")

    async with database.unit_of_work() as work:
        found = await work.session.scalars(select(ActivityEvent.summary).order_by(ActivityEvent.id))
        assert found.all() == ["object", "row"]


async def test_what_fails_leaves_none(database: Database) -> None:
    async def crash() -> None:
        async with database.unit_of_work() as work:
            write(work)
            raise RuntimeError("crash")

    with pytest.raises(RuntimeError, match="crash"):
        await crash()

    async with database.unit_of_work() as work:
        assert await work.session.scalar(COUNT) == 0


async def test_a_transaction_has_one_moment(database: Database) -> None:
    async with database.unit_of_work() as work:
        assert await work.now() == await work.now()
