"""`opsbook migrate`: the database's schema."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import click

from app.cli._context import data_option, json_option, located
from app.storage import migrate as migrations


@click.command(epilog="\b\nExamples:\n  opsbook migrate\n  opsbook migrate --check --json")
@click.option("--check", is_flag=True, help="Change nothing, and exit with 1 if a migration is pending.")
@json_option
@data_option
def migrate(check: bool, as_json: bool, data: Path | None) -> None:
    """Bring the database to the newest schema that this release knows."""
    with located(data) as settings:
        run = migrations.pending if check else migrations.upgrade
        named = asyncio.run(run(settings.database_url or ""))
    if as_json:
        click.echo(json.dumps({"pending" if check else "applied": named}))
    else:
        click.echo(_sentence(named, check=check))
    if check and named:
        sys.exit(1)


def _sentence(named: list[str], *, check: bool) -> str:
    if not named:
        return "The schema is up to date."
    listed = ", ".join(named)
    return f"Pending: {listed}. Run `opsbook migrate`." if check else f"Applied: {listed}."
