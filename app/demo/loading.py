"""Load the demo into an empty database, once; afterwards only see whether it is there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import Table, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncEngine

from app.activity import usual
from app.audit import trail
from app.demo import on_call
from app.demo.history.ledger import Policy, Row
from app.demo.keys import Keys
from app.errors import Conflict, Misconfigured
from app.incidents.models import AlertSource, EscalationPolicyVersion
from app.incidents.sources import digest
from app.incidents.words import IncidentRole
from app.security.permissions import SYSTEM
from app.storage.base import Base
from app.storage.engine import Database
from app.storage.unit_of_work import UnitOfWork

Scenario = Literal["quiet", "outage"]
LOADED: Final = "demo.load"
# History ends a while ago: nothing of it may still be due, or be taken for the present.
ENDED_AGO: Final = timedelta(hours=3)
LOCK: Final = 7_216_003
LOOK: Final = text(
    """
    select (select changes ->> 'scenario' from audit_event where action = :loaded order by id limit 1),
           exists (select from person) or exists (select from incident) or exists (select from alert_source)
    """
)


async def ensure(database: Database, keys: Keys, scenario: Scenario) -> tuple[Scenario, datetime]:
    """Load the demo unless it is there; answers the scenario that it was loaded with, and the time.

    Raises: Conflict when the database holds something else.
    """
    async with database.unit_of_work() as work:
        found = await _look(work)
        if found is not None:
            await _agree(work, keys)
            return found, await work.now()
        await _load(work, keys, scenario)
    await _analyse(database.engine)
    return scenario, await work.now()


async def load(database: Database, keys: Keys, scenario: Scenario) -> None:
    """Load the demo.

    Raises: Conflict when the database is not empty.
    """
    async with database.unit_of_work() as work:
        if await _look(work) is not None:
            raise Conflict("This database holds the demo already. See it with `opsbook up --demo`.")
        await _load(work, keys, scenario)
    await _analyse(database.engine)


async def scenario_of(work: UnitOfWork) -> Scenario | None:
    """The scenario of the demo that is there; None in an empty database.

    Raises: Conflict when the database holds something else.
    """
    scenario, inhabited = (await work.session.execute(LOOK, {"loaded": LOADED})).one()
    if inhabited and scenario is None:
        raise Conflict(
            "This database holds people or incidents that are not the demo's."
            " Name an empty folder with --data, or start without --demo."
        )
    return "quiet" if scenario == "quiet" else "outage" if scenario else None


async def _look(work: UnitOfWork) -> Scenario | None:
    """See what is there, and hold others off until the transaction ends."""
    await work.session.execute(select(func.pg_advisory_xact_lock(LOCK)))
    return await scenario_of(work)


async def _load(work: UnitOfWork, keys: Keys, scenario: Scenario) -> None:
    from app.demo.history import writing  # needed once in a database's life

    # Three months are made up meanwhile, in which a busy machine says nothing to PostgreSQL for a while.
    await work.session.execute(text("set local idle_in_transaction_session_timeout = '1min'"))
    now = await work.now()
    tables = writing.write(now - ENDED_AGO, await _policy(work), keys.sources, now=now)
    for table in Base.metadata.sorted_tables:
        if rows := tables.get(table.name):
            await _copy(work, table, rows)
    await usual.refresh(
        work
    )  # what the feed itself counts is left to the worker, to whom a second is nothing
    await on_call.set_up(work)
    counts = {"incidents": len(tables["incident"]), "activity_events": len(tables["activity_event"])}
    await trail.record(work, SYSTEM, LOADED, ("demo", writing.SEED), scenario=scenario, **counts)


async def _policy(work: UnitOfWork) -> Policy:
    newest = select(EscalationPolicyVersion).order_by(EscalationPolicyVersion.id.desc()).limit(1)
    version = await work.session.scalar(newest)
    if version is None:
        raise Misconfigured("There is no escalation policy. Run `opsbook migrate`, which brings the first.")
    rungs = [(IncidentRole(rung["role"]), timedelta(seconds=rung["after_seconds"])) for rung in version.steps]
    return Policy(version.id, tuple(rungs))


async def _copy(work: UnitOfWork, table: Table, rows: Sequence[Row]) -> None:
    """Copy rows within the transaction, and let the table's numbers go on after them."""
    connection = await (await work.session.connection()).get_raw_connection()
    driver: Any = connection.driver_connection
    columns = list(rows[0])
    are_json = [isinstance(table.c[name].type, JSONB) for name in columns]
    records = [
        tuple(
            json.dumps(row[name]) if is_json else row[name]
            for name, is_json in zip(columns, are_json, strict=True)
        )
        for row in rows
    ]
    await driver.copy_records_to_table(table.name, columns=columns, records=records)
    if "id" in columns:
        numbers = func.pg_get_serial_sequence(table.name, "id")
        await work.session.execute(select(func.setval(numbers, max(row["id"] for row in rows))))


async def _agree(work: UnitOfWork, keys: Keys) -> None:
    """Give the sources the keys of the file, should it have been lost and made anew."""
    for name, key in keys.sources.items():
        stale = (AlertSource.name == name, AlertSource.key_sha256 != digest(key))
        changed = update(AlertSource).where(*stale).values(key_sha256=digest(key)).returning(AlertSource.id)
        source_id = await work.session.scalar(changed)
        if source_id is not None:
            await trail.record(work, SYSTEM, "source.renew_key", ("source", source_id), name=name)


async def _analyse(engine: AsyncEngine) -> None:
    """Let the planner know what came in at once, before its own round would tell it."""
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("analyze"))
