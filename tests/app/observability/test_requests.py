from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from structlog.testing import capture_logs
from structlog.typing import EventDict

from app.observability import metrics
from app.observability.requests import Observed, shown_path

COUNT = "http_server_request_duration_seconds_count"
Counted = Callable[..., float]


async def incident(_request: Request) -> Response:
    return PlainTextResponse("incident")


async def events(_request: Request) -> Response:
    async def nothing() -> AsyncIterator[str]:
        yield ": hello\n\n"

    return StreamingResponse(nothing(), media_type="text/event-stream")


async def broken(_request: Request) -> Response:
    raise RuntimeError("a defect")


async def livez(_request: Request) -> Response:
    return Response()


@pytest.fixture
def client() -> TestClient:
    routes = [Route(f"/{one.__name__}/{{number}}", one) for one in (incident, events, broken)]
    app = Starlette(routes=[*routes, Route("/livez", livez)], middleware=[Middleware(Observed)])
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture
def said() -> Iterator[list[EventDict]]:
    with capture_logs() as said:
        yield said


def count(**labels: str) -> float:
    text, _ = metrics.text([])
    samples = (one for family in text_string_to_metric_families(text.decode()) for one in family.samples)
    return sum(one.value for one in samples if one.name == COUNT and labels.items() <= one.labels.items())


def test_one_line_says_what_was_asked_and_how_it_went(client: TestClient, said: list[EventDict]) -> None:
    client.get("/incident/7?key=hush-hush")

    (line,) = said
    assert (line["event"], line["method"], line["path"], line["status"]) == (
        "request",
        "GET",
        "/incident/7",
        200,
    )
    assert 0 <= line["duration_ms"] < 5000
    assert "hush" not in str(line)


def test_a_request_is_measured_under_its_routes_template(client: TestClient) -> None:
    before = count(method="GET", route="/incident/{number}", status="200")

    client.get("/incident/7")
    client.get("/incident/8")

    assert count(method="GET", route="/incident/{number}", status="200") == before + 2


def test_addresses_that_nobody_serves_and_odd_methods_are_one_series(client: TestClient) -> None:
    before = count(method="other", route="none")

    for number in range(5):
        client.request(f"HACK{number}", f"/{number}")

    assert count(method="other", route="none") == before + 5


def test_a_stream_of_events_is_measured_until_it_begins(client: TestClient) -> None:
    before = count(route="/events/{number}", status="200")

    client.get("/events/1")

    assert count(route="/events/{number}", status="200") == before + 1


def test_a_defect_is_noted_and_rises(client: TestClient, said: list[EventDict]) -> None:
    answer = client.get("/broken/1")

    assert answer.status_code == 500
    assert [one["status"] for one in said if one["event"] == "request"] != []


def test_probes_are_of_no_interest_to_whoever_reads_the_log(
    client: TestClient, said: list[EventDict]
) -> None:
    client.get("/livez")

    assert [one["log_level"] for one in said] == ["debug"]


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/incidents/7", "/incidents/7"),
        ("/acknowledge/abc.def", "/acknowledge/…"),
        ("/acknowledge/abc/def", "/acknowledge/…"),
        ("/sign-in/link", "/sign-in/…"),
        ("/sign-in", "/sign-in"),
        (f"/anything/{'x' * 40}/more", "/anything/…/more"),
    ],
)
def test_what_opens_a_door_is_not_in_a_shown_path(path: str, shown: str) -> None:
    assert shown_path(path) == shown
