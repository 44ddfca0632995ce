"""All of the guard together, in a Starlette application and behind a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Scope

from app.security import people, sessions, tokens
from app.security.authentication import Identity, identify
from app.security.permissions import SYSTEM
from app.settings import Settings
from app.storage.engine import Database
from tests.views.guard.conftest import ask
from views import guard
from views.guard.sessions import visitor

pytestmark = pytest.mark.anyio

SAME = [("sec-fetch-site", "same-origin")]


async def whoami(request: Request) -> Response:
    identity = await visitor(request.scope).identity()
    return JSONResponse({"name": identity.actor.name, "read": len(await request.body())})


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = await Database.open(database_url)
    async with database.unit_of_work() as work:
        await people.add(work, SYSTEM, email="olive@example.com", name="Olive", roles=["operator"])
    yield database
    await database.close()


@pytest.fixture
def app(database: Database) -> ASGIApp:
    async def who(_scope: Scope, session_key: str | None, authorization: str | None) -> Identity:
        return await identify(database, session_key=session_key, authorization=authorization)

    return Starlette(
        routes=[Route("/me", whoami, methods=["GET", "POST"])],
        middleware=guard.middleware(Settings(), identify=who),
        exception_handlers=guard.EXCEPTION_HANDLERS,
    )


async def test_a_person_is_known_by_cookie(app: ASGIApp, database: Database) -> None:
    async with database.unit_of_work() as work:
        key = await sessions.begin(work, 1, user_agent="", address="")

    answer = await ask(app, "POST", "/me", headers=[("cookie", f"__Host-session={key}"), *SAME])

    assert answer.json() == {"name": "Olive", "read": 0}


async def test_a_script_is_known_by_token_and_needs_no_browsers_headers(
    app: ASGIApp, database: Database
) -> None:
    async with database.unit_of_work() as work:
        _, token = await tokens.create(work, SYSTEM, name="script", scopes=["incidents:read"])

    answer = await ask(app, "POST", "/me", headers=[("authorization", f"Bearer {token}")])

    assert answer.json()["name"] == "script"


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "code"),
    [
        ("GET", "/nowhere", [], 404, "NOT_FOUND"),
        ("DELETE", "/me", SAME, 405, "METHOD_NOT_ALLOWED"),
        ("POST", "/me", [], 403, "FORBIDDEN"),
        ("POST", "/me", [*SAME, ("content-length", "9999999")], 413, "TOO_LARGE"),
        ("GET", "/me", [("host", "evil.example")], 400, "INVALID_INPUT"),
        ("GET", "/me", [("authorization", "Bearer ops_wrong")], 401, "UNAUTHENTICATED"),
    ],
)
async def test_every_refusal_is_a_guarded_and_numbered_problem(
    app: ASGIApp, method: str, path: str, headers: list[tuple[str, str]], status: int, code: str
) -> None:
    answer = await ask(app, method, path, headers=headers)

    assert (answer.status, answer.json()["code"]) == (status, code)
    assert answer.json()["request_id"] == answer["x-request-id"]
    assert answer["content-type"] == "application/problem+json"
    assert "default-src 'none'" in answer["content-security-policy"]
    assert answer["cache-control"] == "no-store"


async def test_a_refused_method_says_which_are_allowed(app: ASGIApp) -> None:
    answer = await ask(app, "DELETE", "/me", headers=SAME)

    assert set(answer["allow"].split(", ")) == {"GET", "HEAD", "POST"}
