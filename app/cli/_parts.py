"""What `opsbook doctor` asks of the parts of a house: each is a question, and what to do about the answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg
from sqlalchemy import select

from app import clock
from app.assembly import House
from app.cli._findings import Finding, Verdict, failed, ok
from app.cli._neighbours import of_neighbours
from app.errors import OpsbookError
from app.incidents import readiness
from app.incidents.models import ReadinessCheck
from app.incidents.words import IncidentRole
from app.observability import health
from app.outside import mail
from app.queue.connection import AWAY, connect, queue_name
from app.storage import migrate

CLOCKS_DIFFER: Final = timedelta(seconds=2)
GREETING: Final = timedelta(seconds=8)
# arq's worker writes this key every ten seconds and lets it expire after eleven.
BEAT: Final = ":health-check"
WORKERS: Final = ("pager", "general")
SMTP_FORM: Final = "Set OPSBOOK_SMTP_URL, as in smtp+starttls://user:password@host:587."

Examine = Callable[[House], Awaitable[Sequence[Finding]]]


async def of_house(house: House) -> list[Finding]:
    """Ask every part; without the database, only those that do without it."""
    found = await _guarded("database", database, house, "Check OPSBOOK_DATABASE_URL.")
    if found[0].verdict is Verdict.OK:
        for name, examine in (("migrations", migrations), ("clock", clocks), ("escalations", escalations)):
            found += await _guarded(name, examine, house)
    found += await queue(house)
    found += await _guarded("PagerDuty", pagerduty, house)
    found += await letters(house)
    return [*found, *await of_neighbours(house.channels.client, house.settings)]


async def database(house: House) -> Sequence[Finding]:
    """Does it answer?"""
    async with house.database.reading() as connection:
        version = await connection.fetchval("show server_version")
    return [ok("database", f"PostgreSQL {version} answers.")]


async def migrations(house: House) -> Sequence[Finding]:
    """Has it all tables?"""
    pending = await migrate.pending(house.settings.database_url or "")
    if pending:
        return [failed("migrations", f"Pending: {', '.join(pending)}.", "Run `opsbook migrate`.")]
    return [ok("migrations", "The schema is up to date.")]


async def clocks(house: House) -> Sequence[Finding]:
    """Do the clocks agree? Only the database's decides; another one confuses whoever compares logs."""
    async with house.database.reading() as connection:
        before = datetime.now(UTC)
        theirs = await connection.fetchval("select clock_timestamp()")
        ours = before + (datetime.now(UTC) - before) / 2
    ahead = (ours - theirs).total_seconds()
    if abs(ahead) > CLOCKS_DIFFER.total_seconds():
        way = "ahead of" if ahead > 0 else "behind"
        detail = f"This machine's clock is {abs(ahead):.1f} s {way} the database's, which alone decides."
        return [Finding("clock", Verdict.WARNING, detail, "Synchronise this machine's clock (NTP).")]
    return [ok("clock", "This machine's agrees with the database's, which alone decides.")]


async def escalations(house: House) -> Sequence[Finding]:
    """Is somebody paging?"""
    found = await health.ask_escalations(house.database)
    if found.state is health.State.WELL:
        return [ok(found.name, found.detail)]
    return [failed(found.name, found.detail, "Look into the pager's log.")]


async def queue(house: House) -> Sequence[Finding]:
    """Does Redis answer, and who listens?"""
    url = house.settings.redis_url or ""
    found = await health.ask_queue(url)
    if found.state is not health.State.WELL:
        remedy = "Start it, or check OPSBOOK_REDIS_URL."
        unseen = Finding("workers", Verdict.WARNING, "They cannot be seen while the queue is away.")
        return [failed("queue", found.detail, remedy), unseen]
    return [ok("queue", found.detail), *[await _worker(url, name) for name in WORKERS]]


async def pagerduty(house: House) -> Sequence[Finding]:
    """Would a page ring? When this shell has none of its settings, what the pager found out counts."""
    stored = [] if _knows_pagerduty(house) else await _stored(house)
    if stored:
        return stored
    checks = [one for one in await readiness.ask(house.channels) if not one.ok]
    found = [failed(_name(one.role, one.name), one.detail, one.remedy) for one in checks]
    if not house.settings.pagerduty_webhook_secrets:
        detail = (
            "OPSBOOK_PAGERDUTY_WEBHOOK_SECRETS is not set: acknowledgements on the phone are not believed."
        )
        found.append(failed(_name(None, "webhook secrets"), detail, "Set it to the subscription's secret."))
    return found or [ok("PagerDuty", "A page would ring.")]


async def letters(house: House) -> Sequence[Finding]:
    """Would the relay take a letter?"""
    url = house.settings.smtp_url
    if url is None:
        detail = "OPSBOOK_SMTP_URL is not set: no sign-in links by mail, no second channel for pages."
        return [failed("mail", detail, SMTP_FORM)]
    outcome = await mail.greet(url, within=GREETING)
    if isinstance(outcome, mail.Failed):
        detail = f"The relay does not take letters: {outcome.reason or outcome.kind.replace('_', ' ')}."
        return [failed("mail", detail, "Check OPSBOOK_SMTP_URL.")]
    return [ok("mail", f"The relay takes letters from {house.settings.mail_from}.")]


async def _guarded(name: str, examine: Examine, house: House, remedy: str = "") -> list[Finding]:
    try:
        return [*await examine(house)]
    except OpsbookError as error:
        return [failed(name, error.message, remedy)]
    except asyncpg.PostgresError as error:
        return [failed(name, f"PostgreSQL says: {error}.", remedy)]


async def _worker(url: str, name: str) -> Finding:
    redis = connect(url)
    try:
        beats = await redis.exists(queue_name(name) + BEAT)
    except AWAY:
        beats = 0
    finally:
        with suppress(*AWAY):
            await redis.aclose()
    if not beats:
        remedy = f"Start `opsbook worker {name}`, or `opsbook up`."
        return failed(f"{name} worker", "None has been seen for ten seconds.", remedy)
    return ok(f"{name} worker", "It has been seen within ten seconds.")


def _knows_pagerduty(house: House) -> bool:
    pages = (IncidentRole.OPERATOR, IncidentRole.INCIDENT_COMMANDER, IncidentRole.POLICY_OWNER)
    keys = (house.channels.routing_key(role)[1] for role in pages)
    return house.channels.rest is not None or any(key is not None for key in keys)


async def _stored(house: House) -> list[Finding]:
    """What the pager was told within the last two rounds of its questions."""
    fresh = ReadinessCheck.checked_at > clock.after(-2 * readiness.ASK_EVERY)
    async with house.database.unit_of_work() as work:
        found = (await work.session.scalars(select(ReadinessCheck).where(fresh))).all()
    if found and all(one.passed for one in found):
        return [ok("PagerDuty", "The pager was told that a page would ring.")]
    return [failed(_name(None, one.name), one.detail, one.remedy) for one in found if not one.passed]


def _name(role: str | None, check: str) -> str:
    return ": ".join(("PagerDuty", *(part.replace("_", " ") for part in (role, check) if part)))
