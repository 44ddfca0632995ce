"""`opsbook incident`: an incident's report and timeline, decisions run again, and the figures of all."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec

from app.cli._context import asynchronous, data_option, json_option, opened
from app.cli.incident_metrics import metrics
from app.incidents import report as reports
from app.incidents.trend import replaying
from app.incidents.trend.replaying import Replay


@click.group(epilog="\b\nExamples:\n  opsbook incident report 2417\n  opsbook incident verify 2417")
def incident() -> None:
    """Keep what is known of an incident, check its timeline, and measure how incidents are answered."""


incident.add_command(metrics)


@incident.command(
    epilog="\b\nExamples:\n  opsbook incident report 2417 > OPS-2417.md\n"
    "  opsbook incident report 2417 --format json | jq .timeline"
)
@click.argument("number", type=click.IntRange(min=1))
@click.option("--format", "form", type=click.Choice(["md", "json"]), default="md", help="How to write it.")
@data_option
@asynchronous
async def report(number: int, form: str, data: Path | None) -> None:
    """Print everything that is known of an incident."""
    async with opened(data) as house, house.database.unit_of_work() as work:
        found = await reports.gather(work, number)
        url = f"{house.settings.base_url.rstrip('/')}/incidents/{number}"
    if form == "json":
        click.echo(msgspec.json.format(msgspec.json.encode(msgspec.to_builtins(found) | {"url": url})))
    else:
        click.echo(reports.written(found, url=url), nl=False)


@incident.command(
    epilog="\b\nExamples:\n  opsbook incident verify 2417\n  opsbook incident verify 2417 --json"
)
@click.argument("number", type=click.IntRange(min=1))
@json_option
@data_option
@asynchronous
async def verify(number: int, as_json: bool, data: Path | None) -> None:
    """Walk the chain of an incident's timeline. Exit code 1 names the first entry that does not fit."""
    async with opened(data) as house, house.database.unit_of_work() as work:
        found = await reports.gather(work, number)
    if as_json:
        answer = {"entries": len(found.timeline), "head": found.head, "broken_at": found.broken_at}
        click.echo(msgspec.json.encode(answer).decode())
    elif found.broken_at is None:
        click.echo(f"OPS-{number}: {len(found.timeline)} entries, whole. Head {found.head}")
    else:
        click.echo(f"opsbook: OPS-{number}: the chain is broken at entry {found.broken_at}.", err=True)
    sys.exit(0 if found.broken_at is None else 1)


@incident.command(
    epilog="\b\nExamples:\n  opsbook incident replay\n  opsbook incident replay 2417 --json",
)
@click.argument("number", type=click.IntRange(min=1), required=False)
@json_option
@data_option
@asynchronous
async def replay(number: int | None, as_json: bool, data: Path | None) -> None:
    """Decide severities again from their evidence, of one incident or of all. Exit code 1 if one differs."""
    async with opened(data) as house, house.database.unit_of_work() as work:
        if number is not None:
            await reports.gather(work, number)
        found = await replaying.replay(work, number)
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
    else:
        _say(found)
    sys.exit(1 if found.differences else 0)


def _say(found: Replay) -> None:
    click.echo(f"{found.alike} decisions by rules come out the same. {found.by_people} were taken by people.")
    for one in found.differences:
        again = one.again or "nothing, for its evidence or its rules are missing"
        click.echo(f"OPS-{one.incident}: {one.decided} was decided, decided again: {again}", err=True)
