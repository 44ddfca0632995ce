"""`python -m app.demo.pagerduty`: the stand-in as a process of its own, on loopback."""

from __future__ import annotations

import click
import uvicorn

from app.demo.pagerduty.rota import CAST, KEY_LENGTH
from app.demo.pagerduty.server import config
from app.demo.pagerduty.stand_in import StandIn


def _pair(text: str) -> tuple[str, str]:
    role, _, key = text.partition("=")
    if role not in CAST or len(key) != KEY_LENGTH:
        raise click.BadParameter(
            f"Write ROLE=KEY, ROLE one of {', '.join(CAST)}, KEY of {KEY_LENGTH} characters."
        )
    return role, key


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), required=True, help="Where to listen on 127.0.0.1.")
@click.option("--webhook-url", help="Where webhooks go, such as http://127.0.0.1:8000/hooks/pagerduty.")
@click.option("--webhook-secret", multiple=True, help="Signs webhooks; give two to rotate.")
@click.option(
    "--routing-key", "routing_keys", multiple=True, help="ROLE=KEY; a role without one gets a random key."
)
@click.option("--token", help="The REST API's token.")
def main(
    port: int,
    webhook_url: str | None,
    webhook_secret: tuple[str, ...],
    routing_keys: tuple[str, ...],
    token: str | None,
) -> None:
    """Play PagerDuty on 127.0.0.1. The phones are on the page at /."""
    pagerduty = StandIn(
        routing_keys=dict(map(_pair, routing_keys)),
        webhook_url=webhook_url,
        webhook_secrets=webhook_secret,
        token=token,
    )
    click.echo(f"PagerDuty stand-in: http://127.0.0.1:{port}")
    uvicorn.Server(config(pagerduty, port)).run()


if __name__ == "__main__":
    main()
