"""`opsbook silence`: what nobody wants to be paged for."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import click

from app.cli._context import asynchronous, data_option, json_option, opened
from app.cli._table import cell, moment, table
from app.incidents.silences import keeping
from app.security.permissions import SYSTEM


@click.group(
    epilog='\b\nExamples:\n  opsbook silence list\n  opsbook silence add "service ~ checkout-.*" --minutes 60'
    ' --reason "The database moves"'
)
def silence() -> None:
    """Keep and show alerts that are expected without paging anybody."""


@silence.command(
    epilog='\b\nExamples:\n  opsbook silence add "service = checkout" "region in eu, us" --minutes 120'
    ' --reason "Maintenance"'
)
@click.argument("matchers", nargs=-1, required=True)
@click.option("--minutes", type=click.IntRange(min=1), required=True, help="How long, from now on.")
@click.option("--reason", required=True, help="Why. Whoever is paged when it ends reads it.")
@click.option("--s0", "includes_s0", is_flag=True, help="Hold back an S0 as well.")
@json_option
@data_option
@asynchronous
async def add(
    matchers: tuple[str, ...], minutes: int, reason: str, includes_s0: bool, as_json: bool, data: Path | None
) -> None:
    """Hold back alerts that say all of this: NAME = VALUE, NAME in ONE, OTHER or NAME ~ PATTERN."""
    async with opened(data) as house, house.database.unit_of_work() as work:
        found = await keeping.preview(work, matchers)
        number = await keeping.create(
            work,
            SYSTEM,
            matchers=matchers,
            reason=reason,
            lasts=timedelta(minutes=minutes),
            includes_s0=includes_s0,
        )
    if as_json:
        click.echo(json.dumps({"id": number, "matched": found.matched, "looked_at": found.looked_at}))
    else:
        click.echo(
            f"Silence {number} would have matched {found.matched} of {found.looked_at} alerts in 7 days."
        )


@silence.command("list", epilog="\b\nExamples:\n  opsbook silence list\n  opsbook silence list --json")
@json_option
@data_option
@asynchronous
async def list_silences(as_json: bool, data: Path | None) -> None:
    """List what counts now or later."""
    async with opened(data) as house, house.database.unit_of_work() as work:
        found = await keeping.current(work, SYSTEM)
    shown = [
        {
            "id": one.id,
            "matchers": ", ".join(one.matchers),
            "from": moment(one.starts_at),
            "until": moment(one.ends_at),
            "s0": one.includes_s0,
            "reason": one.reason,
            "by": one.created_by,
        }
        for one in found
    ]
    if as_json:
        click.echo(json.dumps(shown))
    else:
        heading = ["id", "matchers", "from", "until", "s0", "reason", "by"]
        table(heading, [list(map(cell, one.values())) for one in shown])


@silence.command(epilog="\b\nExamples:\n  opsbook silence end 3")
@click.argument("number", type=click.IntRange(min=1))
@data_option
@asynchronous
async def end(number: int, data: Path | None) -> None:
    """End a silence now: what it holds back and still fires pages at once."""
    async with opened(data) as house, house.database.unit_of_work() as work:
        await keeping.end(work, SYSTEM, number)
    click.echo(f"Silence {number} is over.")
