"""`opsbook policy`: whom incidents page, and when."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from app.cli._context import asynchronous, data_option, json_option, opened
from app.cli._table import cell, moment, table
from app.errors import NotFound
from app.incidents import policies
from app.incidents.policies import Listed
from app.security.permissions import SYSTEM


@click.group(epilog="\b\nExamples:\n  opsbook policy list\n  opsbook policy history default")
def policy() -> None:
    """Read the escalation policies. They are written under *Escalation policies* or through the API."""


@policy.command("list", epilog="\b\nExamples:\n  opsbook policy list\n  opsbook policy list --json")
@json_option
@data_option
@asynchronous
async def list_policies(as_json: bool, data: Path | None) -> None:
    """Print what each policy says now."""
    async with opened(data) as house, house.database.unit_of_work() as work:
        found = await policies.listed(work, SYSTEM)
    newest = [next(versions) for _, versions in groupby(found, key=lambda one: one.policy.id)]
    _print([_values(one) for one in newest], as_json=as_json)


@policy.command(
    epilog="\b\nExamples:\n  opsbook policy history default\n  opsbook policy history default --json"
)
@click.argument("name")
@json_option
@data_option
@asynchronous
async def history(name: str, as_json: bool, data: Path | None) -> None:
    """Print every version of a policy, the newest first."""
    async with opened(data) as house, house.database.unit_of_work() as work:
        found = await policies.listed(work, SYSTEM, name=name)
    if not found:
        raise NotFound(f"There is no policy {name!r}. See `opsbook policy list`.")
    written = [
        {
            "written": moment(one.version.created_at),
            "by": one.version.created_by,
            "reason": one.version.reason,
        }
        for one in found
    ]
    _print([_values(one) | more for one, more in zip(found, written, strict=True)], as_json=as_json)


def _values(one: Listed) -> dict[str, Any]:
    return {
        "name": one.policy.name,
        "version": one.version.version,
        "usual": one.policy.is_default,
        "pages": list(one.whom),
        "repeats": one.version.repeats,
        "lapses_after_minutes": int(one.version.lapses_after.total_seconds() // 60),
        "retired": moment(one.policy.retired_at) if one.policy.retired_at else None,
    }


def _print(shown: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(shown))
    else:
        heading = [name.replace("_", " ") for name in shown[0]]
        table(heading, [list(map(cell, one.values())) for one in shown])
