"""The stand-in as a Starlette application: the webhook, addresses for answers, and the channel to look at."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from app.demo.loopback.guard import MIDDLEWARE
from app.demo.slack.rules import complaint
from app.demo.slack.stand_in import StandIn


async def take(request: Request) -> Response:
    """Take a message of the webhook, or say in a word what is wrong."""
    slack: StandIn = request.app.state.slack
    body = await request.body()

    async def act() -> Response:
        return _taken(slack, request.path_params["key"], body)

    return await slack.faults.upon(slack.faults.next(), request, act)


async def answer(request: Request) -> Response:
    """Take an answer to a press."""
    slack: StandIn = request.app.state.slack
    content = _decoded(await request.body())

    async def act() -> Response:
        wrong = complaint(content) or slack.channel.answer(request.path_params["key"], content)
        status = HTTPStatus.NOT_FOUND if wrong else HTTPStatus.OK
        return JSONResponse({"ok": not wrong, **({"error": wrong} if wrong else {})}, status)

    return await slack.faults.upon(slack.faults.next(), request, act)


async def show(request: Request) -> Response:
    """Show what stands in the channel."""
    slack: StandIn = request.app.state.slack
    return JSONResponse(
        {
            "messages": [
                {"ts": one.ts, "rewritten": one.is_rewritten, **one.content} for one in slack.channel.messages
            ],
            "answers": slack.pressing.answers,
        }
    )


async def press(request: Request) -> Response:
    """Press a button: `{"ts": …, "action_id": …}`."""
    slack: StandIn = request.app.state.slack
    if not request.headers.get("Content-Type", "").startswith("application/json"):
        return JSONResponse({"error": "Send JSON."}, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    wanted = _decoded(await request.body()) or {}
    message = next((one for one in slack.channel.messages if one.ts == wanted.get("ts")), None)
    if message is None or wanted.get("action_id") not in {one["action_id"] for one in message.buttons}:
        return JSONResponse({"error": "No such button."}, HTTPStatus.NOT_FOUND)
    return JSONResponse({"answer": await slack.pressing.press(message, wanted["action_id"])})


def create(slack: StandIn) -> Starlette:
    """Assemble the application around `slack`."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with slack.running():
            yield

    app = Starlette(
        routes=[
            Route("/services/{team}/{hook}/{key}", take, methods=["POST"]),
            Route("/actions/{team}/{key}", answer, methods=["POST"]),
            Route("/_control", show, methods=["GET"]),
            Route("/_control/press", press, methods=["POST"]),
        ],
        middleware=MIDDLEWARE,
        lifespan=lifespan,
    )
    app.state.slack = slack
    return app


def _taken(slack: StandIn, key: str, body: bytes) -> Response:
    if key != slack.key:
        return PlainTextResponse("no_service", HTTPStatus.NOT_FOUND)
    if not slack.limit.admits("webhook"):
        return slack.faults.throttled()
    if slack.is_restricted:
        return PlainTextResponse("action_prohibited", HTTPStatus.FORBIDDEN)
    return _said(slack, _decoded(body))


def _said(slack: StandIn, content: Any) -> Response:
    if slack.channel.is_archived:
        return PlainTextResponse("channel_is_archived", HTTPStatus.GONE)
    if wrong := complaint(content):
        return PlainTextResponse(wrong, HTTPStatus.BAD_REQUEST)
    slack.channel.say(content)
    return PlainTextResponse("ok")


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
