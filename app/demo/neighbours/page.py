"""The page to watch: what stands in the channel, on the status page and in the repository."""

from __future__ import annotations

import html
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from app.demo import pagerduty
from app.demo.slack.channel import Message

if TYPE_CHECKING:
    from app.demo.neighbours.app import Neighbours

TEMPLATES = Path(__file__).parent / "templates"
STYLE = Path(pagerduty.__file__).parent / "assets" / "phone.css"  # the stand-ins look alike
SHOWN = 8
SAFE = {"same-origin", "none"}


async def show(request: Request) -> Response:
    """Show the newest of each."""
    neighbours: Neighbours = request.app.state.neighbours
    repository, board = neighbours.github.repository, neighbours.statuspage.board
    placed = {item.issue.number: project.title for project in repository.projects for item in project.items}
    content = _template().render(
        messages=[(one, _lines(one)) for one in neighbours.slack.channel.messages[: -SHOWN - 1 : -1]],
        incidents=board.incidents[: -SHOWN - 1 : -1],
        components=board.components,
        letters=list(neighbours.mailbox.letters)[:SHOWN],
        takes_letters=neighbours.mail_port is not None,
        issues=[(one, placed.get(one.number)) for one in repository.issues[: -SHOWN - 1 : -1]],
        repository=repository.full_name,
    )
    return Response(content, media_type="text/html")


async def press(request: Request) -> Response:
    """Press a button in the channel."""
    neighbours: Neighbours = request.app.state.neighbours
    ts, action_id = request.path_params["ts"], request.path_params["action_id"]
    message = next((one for one in neighbours.slack.channel.messages if one.ts == ts), None)
    is_ours = request.headers.get("Sec-Fetch-Site", "none") in SAFE
    if not is_ours or message is None or action_id not in {one["action_id"] for one in message.buttons}:
        return Response("This button is not here any more.", status_code=404)
    await neighbours.slack.pressing.press(message, action_id)
    return RedirectResponse("/", status_code=303)


async def style(_request: Request) -> Response:
    """Serve the page's style."""
    return FileResponse(STYLE, media_type="text/css")


def _lines(message: Message) -> list[str]:
    """What the sections say, as plain text."""
    sections = [one for one in message.content.get("blocks", []) if one["type"] == "section"]
    return [html.unescape(one["text"]["text"]) for one in sections] or [html.unescape(message.text)]


@cache
def _template() -> Template:
    loader = FileSystemLoader(TEMPLATES)
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    return environment.get_template("neighbours.html")


ROUTES = [
    Route("/", show, methods=["GET"]),
    Route("/press/{ts}/{action_id}", press, methods=["POST"]),
    Route("/assets/phone.css", style, methods=["GET"]),
]
