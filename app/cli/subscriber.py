"""`opsbook subscriber`: who gets a letter when their audience is told of an incident."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TextIO

import click

from app.cli._context import asynchronous, data_option, json_option, opened
from app.cli._table import cell, moment, table
from app.errors import NotFound
from app.incidents.communication import subscribers
from app.security.permissions import SYSTEM
from app.templates import Audience

AUDIENCES = [audience.value for audience in Audience]


@click.group(
    epilog="\b\nExamples:\n  opsbook subscriber list\n"
    "  opsbook subscriber import contacts.csv --audience enterprise"
)
def subscriber() -> None:
    """List, add and remove the readers of messages about incidents."""


@subscriber.command(
    "import",
    epilog="\b\nExamples:\n  opsbook subscriber import contacts.csv --audience enterprise\n"
    "  opsbook subscriber import - --audience community < lists.csv",
)
@click.argument("file", type=click.File(encoding="utf-8"))
@click.option("--audience", required=True, type=click.Choice(AUDIENCES), help="What they are told.")
@data_option
@asynchronous
async def import_subscribers(file: TextIO, audience: str, data: Path | None) -> None:
    """Add readers from lines of `email,name`: all of them, or none and the line that is wrong."""
    readers = subscribers.read(file.read())
    async with opened(data) as house, house.database.unit_of_work() as work:
        added = await subscribers.add(work, SYSTEM, Audience(audience), readers)
    click.echo(f"{added} added, {len(readers) - added} there already.")


@subscriber.command(
    "list", epilog="\b\nExamples:\n  opsbook subscriber list\n  opsbook subscriber list --json"
)
@json_option
@data_option
@asynchronous
async def list_subscribers(as_json: bool, data: Path | None) -> None:
    """List all readers, also those who opted out."""
    async with opened(data) as house, house.database.unit_of_work() as work:
        found = await subscribers.listed(work, SYSTEM)
    shown = [
        {
            "id": one.id,
            "audience": one.audience.value,
            "email": one.email,
            "name": one.name,
            "opted_out": moment(one.opted_out_at) if one.opted_out_at else None,
            "removed": moment(one.removed_at) if one.removed_at else None,
        }
        for one in found
    ]
    if as_json:
        click.echo(json.dumps(shown))
    else:
        heading = ["id", "audience", "email", "name", "opted out", "removed"]
        table(heading, [list(map(cell, one.values())) for one in shown])


@subscriber.command(
    epilog="\b\nExamples:\n  opsbook subscriber remove cto@example.com\n"
    "  opsbook subscriber remove forum@example.org"
)
@click.argument("email")
@data_option
@asynchronous
async def remove(email: str, data: Path | None) -> None:
    """Take a reader off every list."""
    async with opened(data) as house, house.database.unit_of_work() as work:
        mine = [one for one in await subscribers.listed(work, SYSTEM) if one.email == email.lower()]
        numbers = [one.id for one in mine if one.removed_at is None]
        if not numbers:
            raise NotFound(f"There is no reader {email!r}. See `opsbook subscriber list`.")
        for number in numbers:
            await subscribers.remove(work, SYSTEM, number)
    click.echo(f"{email} gets nothing more.")
