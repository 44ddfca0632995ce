"""Moves time inside a database: a clock that can be set on, which sessions find before PostgreSQL's own.

Five minutes pass in a millisecond, for every process that is connected to this database and for no other.
"""

from __future__ import annotations

from datetime import timedelta

import asyncpg

# A role's search path outlives the cloning of a database; its settings would not.
INSTALL = """
create table moved_clock (ahead interval not null);
insert into moved_clock values ('0');
create function public.clock_timestamp() returns timestamptz language sql volatile as
    $$ select pg_catalog.clock_timestamp() + (select ahead from public.moved_clock) $$;
alter role opsbook set search_path = public, pg_catalog;
"""


async def install(url: str) -> None:
    """Give a database the movable clock."""
    await _execute(url, INSTALL)


async def advance(url: str, by: timedelta) -> None:
    """Let time pass in this database."""
    await _execute(url, "update moved_clock set ahead = ahead + $1", by)


async def _execute(url: str, statement: str, *values: timedelta) -> None:
    connection = await asyncpg.connect(url.replace("postgresql+asyncpg:", "postgresql:"))
    try:
        await connection.execute(statement, *values)
    finally:
        await connection.close()
