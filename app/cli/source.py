"""`opsbook source`: who may send alerts."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import IO, Any, TextIO

import click

from app.cli._context import asynchronous, data_option, json_option, opened
from app.cli._table import cell, moment, table
from app.errors import NotFound
from app.incidents import examples, heartbeats, mappings, sources
from app.incidents.heartbeats import Rhythm
from app.outside import bodies
from app.security.permissions import SYSTEM
from app.storage.unit_of_work import UnitOfWork


@click.group(
    epilog="\b\nExamples:\n  opsbook source list\n  opsbook source add prometheus --format alertmanager"
)
def source() -> None:
    """Make addresses and keys for senders of alerts, list and revoke them."""


@source.command(
    epilog="\b\nExamples:\n  opsbook source add prometheus --format alertmanager\n"
    "  opsbook source add legacy-pager --format pagerduty --json"
)
@click.argument("name")
@click.option("--format", "sends", required=True, type=click.Choice(sources.FORMATS), help="What it sends.")
@json_option
@data_option
@asynchronous
async def add(name: str, sends: str, as_json: bool, data: Path | None) -> None:
    """Let a sender in, and print its URL and its key, this once, with an example. Only the hash is kept."""
    async with opened(data) as house, house.database.unit_of_work() as work:
        number, key = await sources.add(work, SYSTEM, name=name, sends=sends)
        url = sources.address(house.settings.base_url, name=name, sends=sends)
    if as_json:
        click.echo(json.dumps({"id": number, "url": url, "key": key}))
    else:
        click.echo(f"URL  {url}\nKey  {key}\n\n{examples.example(sends, url=url, key=key)}")


@source.command("list", epilog="\b\nExamples:\n  opsbook source list\n  opsbook source list --json")
@json_option
@data_option
@asynchronous
async def list_sources(as_json: bool, data: Path | None) -> None:
    """List all senders, also those that are refused by now."""
    async with opened(data) as house, house.database.unit_of_work() as work:
        found = await sources.listed(work, SYSTEM)
    shown = [
        {
            "id": one.id,
            "name": one.name,
            "format": one.format,
            "url": sources.address(house.settings.base_url, name=one.name, sends=one.format),
            "last_seen": moment(one.last_seen_at),
            "revoked": moment(one.revoked_at) if one.revoked_at else None,
        }
        for one in found
    ]
    if as_json:
        click.echo(json.dumps(shown))
    else:
        heading = ["id", "name", "format", "url", "last seen", "revoked"]
        table(heading, [list(map(cell, one.values())) for one in shown])


@source.command(
    "map",
    epilog="\b\nExamples:\n  opsbook source map shop --mapping mapping.json --example body.json --dry-run\n"
    "  opsbook source map shop --mapping mapping.json --example body.json",
)
@click.argument("name")
@click.option("--mapping", "mapping_file", required=True, type=click.File("rb"), help="A JSON object.")
@click.option("--example", "example_file", required=True, type=click.File(encoding="utf-8"), help="A body.")
@click.option("--dry-run", is_flag=True, help="Only show which alerts the example makes.")
@json_option
@data_option
@asynchronous
async def map_source(
    name: str,
    mapping_file: IO[bytes],
    example_file: TextIO,
    dry_run: bool,
    as_json: bool,
    data: Path | None,
) -> None:
    """Say how a sender's bodies are read, and show which alerts the example makes."""
    told, example = bodies.decode(mapping_file.read(), Any), example_file.read()
    _, made = mappings.preview(SYSTEM, told=told, example=example)
    if not dry_run:
        async with opened(data) as house, house.database.unit_of_work() as work:
            await mappings.declare(work, SYSTEM, await _number(work, name), told=told, example=example)
    shown = [
        {"action": one.action, "key": one.dedup_key, "severity": one.severity.value, "summary": one.summary}
        for one in made
    ]
    if as_json:
        click.echo(json.dumps(shown))
    else:
        table(["action", "key", "severity", "summary"], [list(map(cell, one.values())) for one in shown])


@source.command(
    epilog="\b\nExamples:\n  opsbook source heartbeat nightly-backup --every 86400 --grace 3600\n"
    "  opsbook source heartbeat payout-job --every 300 --severity critical --scope monetisation",
)
@click.argument("name")
@click.option(
    "--every", required=True, type=click.IntRange(5, 2_678_400), help="How often it comes, in seconds."
)
@click.option(
    "--grace",
    default=30,
    show_default=True,
    type=click.IntRange(0, 2_678_400),
    help="How late it may be, in seconds.",
)
@click.option("--severity", default="error", show_default=True, help="critical, error, warning or info.")
@click.option("--scope", help="platform, monetisation or feature.")
@data_option
@asynchronous
async def heartbeat(
    name: str, every: int, grace: int, severity: str, scope: str | None, data: Path | None
) -> None:
    """Say when a heartbeat is due, and how bad it is when it does not come."""
    rhythm = Rhythm(
        every=timedelta(seconds=every), grace=timedelta(seconds=grace), severity=severity, scope=scope
    )
    async with opened(data) as house, house.database.unit_of_work() as work:
        await heartbeats.change(work, SYSTEM, await _number(work, name), rhythm)
    click.echo(f"{name} is due every {every:,} seconds, {grace:,} of grace.")


@source.command(
    epilog="\b\nExamples:\n  opsbook source revoke prometheus\n  opsbook source revoke legacy-pager"
)
@click.argument("name")
@data_option
@asynchronous
async def revoke(name: str, data: Path | None) -> None:
    """Refuse a sender's key from now on. Its alerts stay."""
    async with opened(data) as house, house.database.unit_of_work() as work:
        await sources.revoke(work, SYSTEM, await _number(work, name))
    click.echo(f"{name} is refused from now on.")


async def _number(work: UnitOfWork, name: str) -> int:
    numbers = [one.id for one in await sources.listed(work, SYSTEM) if one.name == name]
    if not numbers:
        raise NotFound(f"There is no source {name!r}. See `opsbook source list`.")
    return numbers[0]
