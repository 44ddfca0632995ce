"""`opsbook on-call`: who is paged in each role and until when, who takes turns, who stands in."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import click

from app.cli._context import asynchronous, data_option, json_option, opened
from app.cli._table import moment, table
from app.errors import NotFound
from app.incidents.on_call import covers, now, rotas, shifts
from app.incidents.on_call.rotas import Handover
from app.incidents.on_call.shifts import Entry
from app.incidents.on_call.words import ON_CALL_ROLES, Weekday
from app.incidents.words import IncidentRole
from app.security import people
from app.security.permissions import SYSTEM
from app.storage.unit_of_work import UnitOfWork

role_argument = click.argument("role", type=click.Choice([role.value for role in ON_CALL_ROLES]))
MOMENT = click.DateTime(["%Y-%m-%dT%H:%MZ", "%Y-%m-%d %H:%MZ"])


@click.group(
    "on-call",
    epilog="\b\nExamples:\n  opsbook on-call show\n"
    "  opsbook on-call cover operator wren@example.com --until 2026-12-24T09:00Z",
)
def on_call() -> None:
    """Show who is on call, set who takes turns, let somebody stand in."""


@on_call.command(epilog="\b\nExamples:\n  opsbook on-call show\n  opsbook on-call show --weeks 2 --json")
@click.option("--weeks", type=click.IntRange(0, 13), default=0, help="Also the shifts of so many weeks.")
@json_option
@data_option
@asynchronous
async def show(weeks: int, as_json: bool, data: Path | None) -> None:
    """Show who is on call now; exit code 1 when a role has nobody."""
    async with opened(data) as house, house.database.unit_of_work() as work:
        found = {one.role: one for one in await now.everybody(work.session)}
        listed = await shifts.listed(work.session, back=timedelta(), ahead=timedelta(weeks=weeks))
    ahead = [_shift(one) for one in listed] if weeks else []
    shown = [
        {
            "role": role.value,
            "name": one.name if (one := found.get(role)) else None,
            "email": one.email if one else None,
            "until": moment(one.until, "") if one else None,
            "source": one.source.value if one else None,
        }
        for role in ON_CALL_ROLES
    ]
    if as_json:
        click.echo(json.dumps({"now": shown, "shifts": ahead}))
    else:
        table(["role", "on call", "until", "by"], [_row(one) for one in shown])
        if ahead:
            click.echo()
            table(["role", "from", "until", "on call", "by"], [list(one.values()) for one in ahead])
    if len(found) < len(ON_CALL_ROLES):
        raise click.exceptions.Exit(1)


@on_call.command(
    "set",
    epilog="\b\nExamples:\n  opsbook on-call set operator mara@example.com wren@example.com"
    " --on monday --at 09:00 --zone Europe/Berlin\n  opsbook on-call set policy_owner",
)
@role_argument
@click.argument("emails", nargs=-1)
@click.option(
    "--on", "day", type=click.Choice(list(Weekday)), default=Weekday.MONDAY, help="The day of the handover."
)
@click.option("--at", "clock", type=click.DateTime(["%H:%M"]), default="09:00", help="Its time.")
@click.option("--zone", default="UTC", help="By the clock of which time zone.")
@data_option
@asynchronous
async def set_rota(
    role: str, emails: tuple[str, ...], day: str, clock: datetime, zone: str, data: Path | None
) -> None:
    """Set who takes turns in a role, in this order, a week each; nobody ends its rota."""
    handover = Handover(Weekday(day), time(clock.hour, clock.minute), zone)
    async with opened(data) as house, house.database.unit_of_work() as work:
        members = [await _person(work, email) for email in emails]
        await rotas.set_rota(work, SYSTEM, IncidentRole(role), members, handover)
    click.echo(f"{len(emails)} take turns. The first is on call now." if emails else "The rota is ended.")


@on_call.command(
    epilog="\b\nExamples:\n  opsbook on-call cover operator wren@example.com --until 2026-12-24T09:00Z\n"
    "  opsbook on-call cover operator wren@example.com --from 2026-12-23T09:00Z --until 2026-12-24T09:00Z"
)
@role_argument
@click.argument("email")
@click.option("--from", "begins", type=MOMENT, help="From when, in UTC; from now on if absent.")
@click.option("--until", "ends", type=MOMENT, required=True, help="Until when, in UTC.")
@data_option
@asynchronous
async def cover(role: str, email: str, begins: datetime | None, ends: datetime, data: Path | None) -> None:
    """Put somebody on call for a while; of several the last one counts."""
    since = begins.replace(tzinfo=UTC) if begins else None
    until = ends.replace(tzinfo=UTC)
    async with opened(data) as house, house.database.unit_of_work() as work:
        person = await _person(work, email)
        key = await covers.cover(work, SYSTEM, IncidentRole(role), person, begins_at=since, ends_at=until)
    click.echo(f"Cover {key}: {email} until {moment(until)}.")


@on_call.command(epilog="\b\nExamples:\n  opsbook on-call cancel 3\n  opsbook on-call cancel 12")
@click.argument("cover_id", type=int)
@data_option
@asynchronous
async def cancel(cover_id: int, data: Path | None) -> None:
    """Call a cover off."""
    async with opened(data) as house, house.database.unit_of_work() as work:
        await covers.cancel(work, SYSTEM, cover_id)
    click.echo(f"Cover {cover_id} is called off.")


async def _person(work: UnitOfWork, email: str) -> int:
    found = await people.by_email(work.session, email)
    if found is None:
        raise NotFound(f"Nobody who may sign in has the address {email!r}. See `opsbook user list`.")
    return found.id


def _shift(one: Entry) -> dict[str, str]:
    return {
        "role": one.role.value,
        "begins": moment(one.begins_at),
        "ends": moment(one.ends_at, "open"),
        "on_call": one.name,
        "by": one.source.value,
    }


def _row(one: dict[str, str | None]) -> list[str]:
    return [one["role"] or "", one["name"] or "nobody", one["until"] or "-", one["source"] or "-"]
