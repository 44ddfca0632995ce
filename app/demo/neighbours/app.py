"""The three stand-ins as one Starlette application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.routing import Mount

from app.demo.github import app as github_app
from app.demo.github.stand_in import StandIn as GitHub
from app.demo.loopback.guard import MIDDLEWARE
from app.demo.mailbox import Mailbox, serve
from app.demo.neighbours import page
from app.demo.slack import app as slack_app
from app.demo.slack.stand_in import StandIn as Slack
from app.demo.statuspage import app as statuspage_app
from app.demo.statuspage.app import StandIn as Statuspage


@dataclass(slots=True)
class Neighbours:
    """The three, wired to nothing yet: `address` is where they are served, without a slash at its end.

    With a `mail_port` they take letters there, too.
    """

    address: str
    github: GitHub = field(default_factory=GitHub)
    slack: Slack = field(default_factory=Slack)
    statuspage: Statuspage = field(default_factory=Statuspage)
    mailbox: Mailbox = field(default_factory=Mailbox)
    mail_port: int | None = None

    def settings(self) -> dict[str, str]:
        """Name the variables that point Opsbook at them."""
        return {
            **self.github.settings(f"{self.address}/github"),
            **self.slack.settings(f"{self.address}/slack"),
            **self.statuspage.settings(f"{self.address}/statuspage"),
        }


def create(neighbours: Neighbours) -> Starlette:
    """Assemble the application; the project *Operations* is made if there is none."""
    slack = neighbours.slack
    slack.pressing.site = f"{neighbours.address}/slack"
    if not neighbours.github.repository.projects:
        neighbours.github.repository.add_project("Operations")

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with slack.running(), AsyncExitStack() as stack:
            if neighbours.mail_port is not None:
                await stack.enter_async_context(await serve(neighbours.mailbox, neighbours.mail_port))
            yield

    app = Starlette(
        routes=[
            Mount("/github", app=github_app.create(neighbours.github)),
            Mount("/slack", app=slack_app.create(slack)),
            Mount("/statuspage", app=statuspage_app.create(neighbours.statuspage)),
            *page.ROUTES,
        ],
        middleware=MIDDLEWARE,
        lifespan=lifespan,
    )
    app.state.neighbours = neighbours
    return app
