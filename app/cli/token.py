"""`opsbook token`: API tokens for scripts and partners."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from app.cli._context import asynchronous, data_option, json_option, opened
from app.cli._table import cell, moment, table
from app.security import tokens
from app.security.permissions import PERSONAL, SYSTEM, Scope

SCOPES = click.Choice([scope.value for scope in Scope if scope not in PERSONAL])


class Life(click.ParamType[timedelta]):
    """How long something lasts, such as 12h, 90d or 4w."""

    name = "duration"
    units = {"h": "hours", "d": "days", "w": "weeks"}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Read a number and its unit."""
        match = re.fullmatch(r"(\d{1,5})([hdw])", value)
        if match is None:
            self.fail(f"{value!r} is no duration. Write a number and h, d or w, as in 90d.", param, ctx)
        return timedelta(**{self.units[match[2]]: int(match[1])})


@click.group(epilog="\b\nExamples:\n  opsbook token list\n  opsbook token revoke 3")
def token() -> None:
    """Make API tokens, list and revoke them."""


@token.command(
    epilog="\b\nExamples:\n  opsbook token create grafana --scope incidents:read\n"
    "  opsbook token create acme --scope admin --expires 90d --json"
)
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, required=True, type=SCOPES, help="Repeat it for more.")
@click.option("--integration", metavar="SLUG", help="Bind the token to one integration.")
@click.option("--expires", type=Life(), metavar="90d", help="After h, d or w; never without it.")
@json_option
@data_option
@asynchronous
async def create(
    name: str,
    scopes: tuple[str, ...],
    integration: str | None,
    expires: timedelta | None,
    as_json: bool,
    data: Path | None,
) -> None:
    """Make a token and print it, this once. Only its hash is kept."""
    async with opened(data) as house, house.database.unit_of_work() as work:
        number, made = await tokens.create(
            work, SYSTEM, name=name, scopes=scopes, integration=integration, expires=expires
        )
    click.echo(json.dumps({"id": number, "token": made}) if as_json else made)


@token.command("list", epilog="\b\nExamples:\n  opsbook token list\n  opsbook token list --json")
@json_option
@data_option
@asynchronous
async def list_tokens(as_json: bool, data: Path | None) -> None:
    """List the tokens that still work, by their beginnings."""
    async with opened(data) as house, house.database.unit_of_work() as work:
        found = await tokens.listed(work, SYSTEM)
    shown = [
        {
            "id": one.id,
            "name": one.name,
            "prefix": one.prefix,
            "scopes": one.scopes,
            "integration": one.integration,
            "last_used": moment(one.last_used_at),
            "expires": moment(one.expires_at),
        }
        for one in found
    ]
    if as_json:
        click.echo(json.dumps(shown))
    else:
        heading = ["id", "name", "begins", "scopes", "integration", "last used", "expires"]
        table(heading, [list(map(cell, one.values())) for one in shown])


@token.command(epilog="\b\nExamples:\n  opsbook token revoke 3\n  opsbook token revoke 3 --data ./data")
@click.argument("number", metavar="ID", type=int)
@data_option
@asynchronous
async def revoke(number: int, data: Path | None) -> None:
    """Refuse a token from now on."""
    async with opened(data) as house, house.database.unit_of_work() as work:
        await tokens.revoke(work, SYSTEM, number)
    click.echo(f"Token {number} is refused from now on.")
