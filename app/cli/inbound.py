"""`opsbook inbound`: what came in and could not be read."""

from __future__ import annotations

import json
from pathlib import Path

import click

from app.cli._context import asynchronous, data_option, json_option, opened
from app.cli._table import cell, moment, table
from app.incidents.intake import replaying
from app.incidents.intake.replaying import Trial
from app.security.permissions import SYSTEM


@click.group(
    epilog="\b\nExamples:\n  opsbook inbound list\n  opsbook inbound replay 3 4 --dry-run\n"
    "  opsbook inbound replay 3 4"
)
def inbound() -> None:
    """Look at what senders sent that could not be read, and replay it."""


@inbound.command("list", epilog="\b\nExamples:\n  opsbook inbound list\n  opsbook inbound list --json")
@json_option
@data_option
@asynchronous
async def list_failed(as_json: bool, data: Path | None) -> None:
    """List what waits to be replayed, the newest first."""
    async with opened(data) as house, house.database.unit_of_work() as work:
        found = await replaying.listed(work, SYSTEM)
    shown = [
        {
            "id": row.id,
            "source": source.name,
            "received": moment(row.received_at),
            "times": row.times,
            "error": row.error,
        }
        for row, source in found
    ]
    if as_json:
        click.echo(json.dumps(shown))
    else:
        heading = ["id", "source", "received", "times", "error"]
        table(heading, [list(map(cell, one.values())) for one in shown])


@inbound.command(epilog="\b\nExamples:\n  opsbook inbound replay 3 4 --dry-run\n  opsbook inbound replay 3 4")
@click.argument("numbers", nargs=-1, required=True, type=click.IntRange(min=1))
@click.option("--dry-run", is_flag=True, help="Only show what they would make.")
@json_option
@data_option
@asynchronous
async def replay(numbers: tuple[int, ...], dry_run: bool, as_json: bool, data: Path | None) -> None:
    """Read deliveries as their sources are read now, and apply them as if they came now."""
    async with opened(data) as house, house.database.unit_of_work() as work:
        trials = await replaying.replay(work, SYSTEM, numbers, dry_run=dry_run)
    shown = [
        {
            "id": trial.row.id,
            "source": trial.source.name,
            "outcome": _outcome(trial, dry_run=dry_run),
            "alerts": len(trial.signals),
            "error": trial.error,
        }
        for trial in trials
    ]
    if as_json:
        click.echo(json.dumps(shown))
    else:
        heading = ["id", "source", "outcome", "alerts", "error"]
        table(heading, [list(map(cell, one.values())) for one in shown])


def _outcome(trial: Trial, *, dry_run: bool) -> str:
    if trial.error is not None:
        return "failed"
    if trial.was_replayed:
        return "replayed before"
    return "readable" if dry_run else "replayed"
