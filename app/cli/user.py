"""`opsbook user`: accounts, and one-time sign-in links for them."""

from __future__ import annotations

import json
from pathlib import Path

import click

from app.cli._context import asynchronous, data_option, json_option, opened
from app.cli._table import cell, moment, table
from app.errors import NotFound
from app.security import links, people
from app.security.permissions import SYSTEM, Role

ROLES = click.Choice([role.value for role in Role])


@click.group(epilog="\b\nExamples:\n  opsbook user list\n  opsbook user link olive@example.com")
def user() -> None:
    """Add people, list them, and let them in."""


@user.command(
    epilog="\b\nExamples:\n  opsbook user add olive@example.com --name Olive --role operator\n"
    "  opsbook user add paula@example.com --name Paula --role policy_owner --role admin"
)
@click.argument("email")
@click.option("--name", required=True, help="How others see this person.")
@click.option("--role", "roles", multiple=True, type=ROLES, help="What they may do; repeat it for more.")
@json_option
@data_option
@asynchronous
async def add(email: str, name: str, roles: tuple[str, ...], as_json: bool, data: Path | None) -> None:
    """Let somebody sign in. Get them in with `opsbook user link EMAIL`."""
    async with opened(data) as house, house.database.unit_of_work() as work:
        number = await people.add(work, SYSTEM, email=email, name=name, roles=roles)
    if as_json:
        click.echo(json.dumps({"id": number}))
    else:
        click.echo(f"Added {email} as {', '.join(roles) or 'nobody in particular'}.")


@user.command(
    epilog="\b\nExamples:\n  opsbook user link olive@example.com\n"
    "  opsbook user link olive@example.com --next /incidents --json"
)
@click.argument("email")
@click.option("--next", "next_path", default="/", help="The page to open after signing in.")
@json_option
@data_option
@asynchronous
async def link(email: str, next_path: str, as_json: bool, data: Path | None) -> None:
    """Print a link that signs somebody in, once, within 24 hours. Give it to them alone."""
    async with opened(data) as house, house.database.unit_of_work() as work:
        key = await links.create_by_hand(work, SYSTEM, email=email, next_path=next_path)
    address = links.url(house.settings.base_url, key)
    click.echo(json.dumps({"url": address}) if as_json else address)


@user.command(
    epilog="\b\nExamples:\n  opsbook user slack olive@example.com U0123ABCD\n"
    "  opsbook user slack olive@example.com"
)
@click.argument("email")
@click.argument("member_id", required=False)
@json_option
@data_option
@asynchronous
async def slack(email: str, member_id: str | None, as_json: bool, data: Path | None) -> None:
    """Say who somebody is in Slack, so that they can acknowledge there; without a member id, forget it."""
    async with opened(data) as house, house.database.unit_of_work() as work:
        person = await people.by_email(work.session, email)
        if person is None:
            raise NotFound(f"{email} has no active account. Add one with `opsbook user add`.")
        await people.set_slack_id(work, SYSTEM, person.id, slack_id=member_id)
        shown = person.slack_id
    if as_json:
        click.echo(json.dumps({"email": email, "slackId": shown}))
    else:
        click.echo(f"{email} is {shown} in Slack." if shown else f"{email} is nobody in Slack any more.")


@user.command("list", epilog="\b\nExamples:\n  opsbook user list\n  opsbook user list --json")
@json_option
@data_option
@asynchronous
async def list_users(as_json: bool, data: Path | None) -> None:
    """List all people, also those who have been deactivated."""
    async with opened(data) as house, house.database.unit_of_work() as work:
        found = await people.everybody(work.session, SYSTEM)
    shown = [
        {
            "id": one.id,
            "email": one.email,
            "name": one.name,
            "roles": one.roles,
            "deactivated": moment(one.deactivated_at) if one.deactivated_at else None,
        }
        for one in found
    ]
    if as_json:
        click.echo(json.dumps(shown))
    else:
        table(
            ["id", "email", "name", "roles", "deactivated"], [list(map(cell, one.values())) for one in shown]
        )
