"""Would a page reach somebody now? Asked every five minutes, so that it is known before it matters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.audit import trail
from app.incidents.models import ReadinessCheck
from app.incidents.on_call import provider
from app.incidents.on_call.words import ON_CALL_ROLES
from app.incidents.paging.channels import Channels
from app.outside.pagerduty import readiness
from app.outside.secret import Secret
from app.security.permissions import SYSTEM
from app.storage.engine import Database
from app.storage.unit_of_work import UnitOfWork

ASK_EVERY = timedelta(minutes=5)
LOCK = 7_216_002


async def refresh(database: Database, channels: Channels) -> int:
    """Ask PagerDuty anew if the last answers are five minutes old; answers how many checks were stored.

    It is asked outside of the transaction, which a PagerDuty that is slow to answer would outlast. Of several
    processes that ask at once the first one's answers stand.
    """
    async with database.unit_of_work() as work:
        if await _is_fresh(work):
            return 0
        now = await work.now()
    checks = await ask(channels)
    on_calls = await provider.ask(channels.rest, keys_of(channels), now)
    async with database.unit_of_work() as work:
        await work.session.execute(select(func.pg_advisory_xact_lock(LOCK)))
        if await _is_fresh(work):
            return 0
        await provider.keep(work, on_calls)
        await _store(work, [_row(one) for one in checks])
        return len(checks)


async def _is_fresh(work: UnitOfWork) -> bool:
    newest = await work.session.scalar(select(func.max(ReadinessCheck.checked_at)))
    return newest is not None and newest > await clock.read(work.session) - ASK_EVERY


async def _store(work: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> None:
    """Put the answers in the place of the last ones, and what turned red or green into the audit trail."""
    known = await work.session.execute(select(ReadinessCheck.name, ReadinessCheck.passed))
    before = {row.name: row.passed for row in known}
    for row in rows:
        was, passed = before.get(row["name"], True), row["passed"]
        if was != passed:
            action = "readiness.green" if passed else "readiness.red"
            await trail.record(work, SYSTEM, action, ("readiness", row["name"]), found=row["detail"])
    await work.session.execute(delete(ReadinessCheck))
    if rows:
        await work.session.execute(insert(ReadinessCheck).values(rows).on_conflict_do_nothing())
    work.announce("settings")


async def ask(channels: Channels) -> list[readiness.Check]:
    """Ask PagerDuty now; settings that are missing are checks that fail."""
    keys, missing = keys_of(channels), []
    for role in ON_CALL_ROLES:
        variable, _ = channels.routing_key(role)
        if role.value not in keys:
            detail = f"{variable} is not set: nobody in this role can be paged."
            missing.append(readiness.Check("routing key", False, detail, f"Set {variable}.", role.value))
    if channels.rest is None:
        detail = "OPSBOOK_PAGERDUTY_API_TOKEN is not set: pages cannot be confirmed."
        return [*missing, readiness.Check("api", False, detail, "Set OPSBOOK_PAGERDUTY_API_TOKEN.")]
    webhook_url = f"{channels.settings.base_url.rstrip('/')}/hooks/pagerduty"
    return [*missing, *await readiness.readiness(channels.rest, keys, webhook_url)]


def keys_of(channels: Channels) -> dict[str, Secret]:
    """The routing keys that are set, by role."""
    found = {role.value: channels.routing_key(role)[1] for role in ON_CALL_ROLES}
    return {role: key for role, key in found.items() if key is not None}


def _row(check: readiness.Check) -> dict[str, Any]:
    name = f"{check.role}: {check.name}" if check.role else check.name
    result = {"name": name, "passed": check.ok, "detail": check.detail, "remedy": check.remedy}
    return {**result, "checked_at": clock.now()}
