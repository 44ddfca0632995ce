"""`opsbook doctor`: is everything set up, and if not, which variable to set."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from app import settings
from app.cli._context import asynchronous, configured, data_option, json_option, opened
from app.cli._findings import Finding, Verdict, failed, of_settings
from app.cli._parts import of_house
from app.cli._table import table
from app.errors import OpsbookError

COLOURS = {Verdict.OK: "green", Verdict.WARNING: "yellow", Verdict.FAILED: "red"}


@click.command(epilog="\b\nExamples:\n  opsbook doctor\n  opsbook doctor --settings --json")
@click.option("--settings", "listing", is_flag=True, help="List all settings and where they come from.")
@json_option
@data_option
@asynchronous
async def doctor(listing: bool, as_json: bool, data: Path | None) -> None:
    """Look at every part and say what to do about it; exit with 1 if one fails."""
    if listing:
        _list_settings(data, as_json=as_json)
        return
    found = await _examined(data)
    is_well = all(one.verdict is not Verdict.FAILED for one in found)
    if as_json:
        click.echo(json.dumps({"ok": is_well, "checks": [asdict(one) for one in found]}))
    else:
        _show(found)
    if not is_well:
        sys.exit(1)


async def _examined(data: Path | None) -> list[Finding]:
    key_is_set = configured(data).secret_key is not None
    found: list[Finding] = []
    try:
        async with opened(data) as house:
            found += of_settings(house.settings, key_is_set=key_is_set)
            found += await of_house(house)
    except OpsbookError as error:
        found.append(failed("start", error.message, ""))
    return found


def _show(found: Sequence[Finding]) -> None:
    width = max(len(one.name) for one in found)
    for one in found:
        verdict = click.style(f"{one.verdict:<7}", fg=COLOURS[one.verdict])
        click.echo(f"{verdict}  {one.name:<{width}}  {' '.join(filter(None, (one.detail, one.remedy)))}")


def _list_settings(data: Path | None, *, as_json: bool) -> None:
    listed = list(settings.origins(configured(data)))
    if as_json:
        click.echo(json.dumps([asdict(one) for one in listed]))
    else:
        table(["variable", "value", "source"], [[one.variable, one.value, one.source] for one in listed])
