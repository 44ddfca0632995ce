"""`python -m app.demo.pagerduty`: the stand-in as a process of its own, on loopback."""

from __future__ import annotations

import click
import uvicorn

from app.demo.loopback.server import config
from app.demo.pagerduty.app import create
from app.demo.pagerduty.rota import CAST, KEY_LENGTH, named
from app.demo.pagerduty.schedule import Person
from app.demo.pagerduty.stand_in import StandIn


def _key(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    keys = dict(map(_of_role, given))
    if any(len(key) != KEY_LENGTH for key in keys.values()):
        raise click.BadParameter(f"A routing key has {KEY_LENGTH} characters.")
    return keys


def _person(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> dict[str, Person]:
    try:
        return {role: named(role, text) for role, text in map(_of_role, given)}
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _of_role(text: str) -> tuple[str, str]:
    role, _, value = text.partition("=")
    if role not in CAST:
        raise click.BadParameter(f"Write ROLE=…, ROLE one of {', '.join(CAST)}.")
    return role, value


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), required=True, help="Where to listen on 127.0.0.1.")
@click.option("--webhook-url", help="Where webhooks go, such as http://127.0.0.1:8000/hooks/pagerduty.")
@click.option(
    "--webhook-secret",
    "webhook_secrets",
    multiple=True,
    envvar="STAND_IN_WEBHOOK_SECRETS",
    help="Signs webhooks; two to rotate.",
)
@click.option(
    "--routing-key",
    "routing_keys",
    multiple=True,
    envvar="STAND_IN_ROUTING_KEYS",
    callback=_key,
    help="ROLE=KEY; random if not given.",
)
@click.option(
    "--person", "people", multiple=True, callback=_person, help="ROLE=Name <address>: who is on call."
)
@click.option("--token", envvar="STAND_IN_TOKEN", help="The REST API's token.")
def main(port: int, **account: object) -> None:
    """Play PagerDuty on 127.0.0.1. The phones are on the page at /.

    The keys may come by STAND_IN_… variables, which other users of the machine do not see.
    """
    click.echo(f"PagerDuty stand-in: http://127.0.0.1:{port}")
    uvicorn.Server(config(create(StandIn(**account)), port)).run()  # type: ignore[arg-type]  # click has checked them


if __name__ == "__main__":
    main()
