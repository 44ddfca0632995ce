"""`opsbook keys`: the master keys under which secrets are stored."""

from __future__ import annotations

import json
from pathlib import Path

import click

from app.cli._context import asynchronous, data_option, json_option, opened
from app.security import second_factor


@click.group(epilog="\b\nExamples:\n  opsbook keys rewrap\n  opsbook keys rewrap --json")
def keys() -> None:
    """Look after the keys that seal stored secrets."""


@keys.command(epilog="\b\nExamples:\n  opsbook keys rewrap\n  opsbook keys rewrap --json")
@json_option
@data_option
@asynchronous
async def rewrap(as_json: bool, data: Path | None) -> None:
    """Put every stored secret under the newest master key, so that an older one can be thrown away.

    Put a new key first in OPSBOOK_MASTER_KEYS, restart the processes, run this, then take the old key out.
    """
    async with opened(data) as house, house.database.unit_of_work() as work:
        rewrapped, secrets = await second_factor.rewrap(work, house.keyring)
    if as_json:
        click.echo(json.dumps({"secrets": secrets, "rewrapped": rewrapped}))
    else:
        click.echo(f"{rewrapped} of {secrets} secrets were put under the newest master key.")
