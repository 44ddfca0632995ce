from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send
from structlog.testing import capture_logs

from app import errors
from tests.views.guard.conftest import Answer, Inner, ask
from views.guard.bodies import TooSlow
from views.guard.problems import Problem, Problems, Render

pytestmark = pytest.mark.anyio


async def answer_to(error: Exception, render: Render | None = None) -> Answer:
    async def inner(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise error

    return await ask(Problems(inner, render=render), state={"request_id": "r-1"})


async def test_a_foreseen_failure_is_a_problem_document_that_names_the_field() -> None:
    answer = await answer_to(errors.InvalidInput("Write an address.", path=("people", "email")))

    assert (answer.status, answer["content-type"]) == (400, "application/problem+json")
    assert answer.json() == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": "Write an address.",
        "code": "INVALID_INPUT",
        "path": ["people", "email"],
        "request_id": "r-1",
    }


@pytest.mark.parametrize(
    ("error", "status", "header"),
    [
        (errors.NotFound("x"), 404, None),
        (errors.Forbidden("x"), 403, None),
        (errors.Unauthenticated("x"), 401, ("www-authenticate", "Bearer")),
        (errors.StaleVersion("x"), 409, None),
        (errors.LimitExceeded("x", retry_after=timedelta(seconds=1.2)), 429, ("retry-after", "2")),
        (errors.LimitExceeded("x"), 429, None),
        (errors.TooLarge("x"), 413, ("connection", "close")),
        (TooSlow("x"), 408, ("connection", "close")),
        (errors.Unavailable("x"), 503, ("retry-after", "2")),
        (errors.Misconfigured("x"), 500, None),
        (HTTPException(405, headers={"Allow": "GET"}), 405, ("allow", "GET")),
        (HTTPException(404), 404, None),
    ],
)
async def test_each_failure_has_its_status_and_the_header_that_helps(
    error: Exception, status: int, header: tuple[str, str] | None
) -> None:
    with capture_logs():
        answer = await answer_to(error)

    assert answer.status == answer.json()["status"] == status
    assert header is None or answer[header[0]] == header[1]


async def test_a_defect_is_masked_and_logged_once_with_its_traceback() -> None:
    defect = RuntimeError("postgresql://opsbook:hunter2@db")

    with capture_logs() as lines:
        answer = await answer_to(defect)

    assert answer.status == 500
    assert "hunter2" not in answer.body.decode()
    assert "r-1" in answer.json()["detail"]
    assert [(line["event"], line["exc_info"]) for line in lines] == [("request_failed", defect)]


@pytest.mark.parametrize("error", [errors.NotFound("x"), errors.Unavailable("x"), HTTPException(404)])
async def test_what_is_the_callers_fault_or_passes_is_not_logged_as_ours(error: Exception) -> None:
    with capture_logs() as lines:
        await answer_to(error)

    assert lines == []


async def test_the_log_names_the_route_and_never_the_address() -> None:
    class Pattern:
        path = "/acknowledge/{token}"

    async def inner(scope: Scope, _receive: Receive, _send: Send) -> None:
        scope["route"] = Pattern
        raise RuntimeError

    with capture_logs() as lines:
        await ask(Problems(inner), "POST", "/acknowledge/secret-in-the-path")

    assert lines[0]["where"] == "POST /acknowledge/{token}"
    assert "secret" not in str(lines)


async def test_people_get_a_page_where_the_hook_makes_one() -> None:
    async def render(request: Request, problem: Problem) -> Response | None:
        return PlainTextResponse(f"{problem.code} at {request.url.path}", problem.status)

    answer = await answer_to(errors.LimitExceeded("x", retry_after=timedelta(seconds=5)), render)

    assert (answer.status, answer.body) == (429, b"LIMIT_EXCEEDED at /")
    assert answer["retry-after"] == "5"


async def test_where_the_hook_declines_or_breaks_the_document_answers() -> None:
    async def declines(_request: Request, _problem: Problem) -> Response | None:
        return None

    async def breaks(_request: Request, _problem: Problem) -> Response | None:
        raise RuntimeError

    with capture_logs() as lines:
        answers = [await answer_to(errors.NotFound("x"), render) for render in (declines, breaks)]

    assert [one["content-type"] for one in answers] == ["application/problem+json"] * 2
    assert [line["event"] for line in lines] == ["error_page_failed"]


async def test_an_answer_that_was_begun_is_cut_off_and_not_completed() -> None:
    async def inner(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise RuntimeError

    with capture_logs() as lines:
        answer = await ask(Problems(inner))

    assert (answer.status, answer.body, answer.is_whole) == (200, b"half", False)
    assert len(lines) == 1


async def test_a_visitor_who_hangs_up_is_no_failure() -> None:
    with capture_logs() as lines:
        answer = await answer_to(ClientDisconnect())

    assert (answer.status, lines) == (0, [])


async def test_what_goes_well_passes_unchanged() -> None:
    answer = await ask(Problems(Inner(headers=[("X-Own", "1")])))

    assert (answer.status, answer.body, answer["x-own"]) == (200, b"OK", "1")


async def test_other_protocols_pass_unchanged() -> None:
    seen: list[Any] = []

    async def inner(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(scope["type"])

    await Problems(inner)({"type": "lifespan"}, None, None)  # type: ignore[arg-type]

    assert seen == ["lifespan"]
