"""`opsbook demo`: load the demo into an empty database."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from app import assembly
from app.cli._context import asynchronous, data_option, located
from app.storage import migrate


@click.command(epilog="Examples:  opsbook demo   |   opsbook demo --scenario quiet --data ./data")
@click.option(
    "--scenario",
    type=click.Choice(["quiet", "outage"]),
    default="outage",
    show_default=True,
    help="What `opsbook up --demo` plays: nothing, or an outage while somebody watches.",
)
@data_option
@asynchronous
async def demo(scenario: Literal["quiet", "outage"], data: Path | None) -> None:
    """Load 90 days of demo data into an empty database."""
    from app.demo import keys, loading, scene

    with located(data) as settings:
        await migrate.upgrade(settings.database_url or "")
        async with assembly.opened(settings, connections=2) as house:
            await loading.load(house.database, keys.kept(scene.folder(settings)), scenario)
    click.echo("The demo is loaded. Start it with `opsbook up --demo`, which prints a sign-in link.")
