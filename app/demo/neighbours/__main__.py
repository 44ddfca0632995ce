"""`python -m app.demo.neighbours`: the three stand-ins as a process of its own, on loopback."""

from __future__ import annotations

import click
import uvicorn

from app.demo.loopback.server import HOST, config
from app.demo.neighbours.app import Neighbours, create
from app.demo.slack.stand_in import StandIn as Slack


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), required=True, help="Where to listen on 127.0.0.1.")
@click.option("--mail-port", type=click.IntRange(1, 65535), help="Where to take letters, if at all.")
@click.option("--slack-url", help="Where presses go, such as http://127.0.0.1:8000/hooks/slack.")
@click.option("--slack-key", envvar="STAND_IN_SLACK_KEY", help="The end of the webhook's address.")
@click.option("--slack-secret", envvar="STAND_IN_SLACK_SECRET", help="Signs presses.")
@click.option("--github-token", envvar="STAND_IN_GITHUB_TOKEN", help="GitHub's token.")
@click.option("--statuspage-token", envvar="STAND_IN_STATUSPAGE_TOKEN", help="Statuspage's API key.")
def main(
    port: int,
    mail_port: int | None,
    slack_url: str | None,
    slack_key: str | None,
    slack_secret: str | None,
    github_token: str | None,
    statuspage_token: str | None,
) -> None:
    """Play GitHub, Slack and Statuspage on 127.0.0.1. What they show is on the page at /.

    The keys may come by STAND_IN_… variables, which other users of the machine do not see.
    """
    neighbours = Neighbours(f"http://{HOST}:{port}", slack=Slack(key=slack_key, signing_secret=slack_secret))
    neighbours.slack.pressing.url, neighbours.mail_port = slack_url, mail_port
    neighbours.github.token = github_token or neighbours.github.token
    neighbours.statuspage.token = statuspage_token or neighbours.statuspage.token
    click.echo(f"GitHub, Slack and Statuspage stand-ins: {neighbours.address}")
    uvicorn.Server(config(create(neighbours), port)).run()


if __name__ == "__main__":
    main()
