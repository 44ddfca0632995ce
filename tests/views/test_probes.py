from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from starlette.testclient import TestClient

from app.asgi import application
from app.incidents import opening
from app.incidents.words import Severity
from app.security.permissions import SYSTEM
from app.settings import Settings
from app.storage.engine import Database
from tests import clock

HERE, ELSEWHERE = "127.0.0.1", "192.0.2.7"
NOBODY_LISTENS = "//127.0.0.1:1"
PROBES = ["/livez", "/readyz", "/healthz"]
LONGEST_SECONDS = 2.5
Visit = Callable[..., AbstractContextManager[TestClient]]


@pytest.fixture
def visit(database_url: str, redis_url: str) -> Visit:
    @contextmanager
    def opened(address: str = HERE, *, host: str = HERE, **settings: str) -> Iterator[TestClient]:
        urls = {"database_url": database_url, "redis_url": redis_url} | settings
        app = application(Settings(**urls, secret_key="k" * 32))  # type: ignore[arg-type] # they are all text
        with TestClient(app, base_url=f"http://{host}:8000", client=(address, 50000)) as client:
            yield client

    return opened


async def declare(url: str) -> None:
    database = await Database.open(url)
    async with database.unit_of_work() as work:
        await opening.declare(work, SYSTEM, title="Checkout is down", severity=Severity.S2)
    await database.close()


async def change(url: str, statement: str) -> None:
    database = await Database.open(url)
    async with database.unit_of_work() as work:
        await work.session.execute(text(statement))
    await database.close()


@pytest.mark.parametrize("path", [*PROBES, "/metrics"])
def test_all_is_well_and_nothing_of_it_is_kept_or_signed_in(visit: Visit, path: str) -> None:
    with visit() as client:
        answer = client.get(path, headers={"cookie": "__Host-session=stale", "accept": "text/html"})

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", PROBES)
def test_probes_are_open_to_anybody_under_any_name(visit: Visit, path: str) -> None:
    with visit(ELSEWHERE, host="10.1.2.3") as client:
        assert client.get(path).json() == {"status": "well"}


def test_readiness_lists_its_checks_when_asked(visit: Visit) -> None:
    with visit() as client:
        checks = client.get("/readyz?verbose").json()["checks"]

    assert [(one["name"], one["status"]) for one in checks] == [("database", "well"), ("queue", "well")]


@pytest.mark.parametrize("path", [*PROBES, "/metrics"])
def test_without_redis_all_is_well_enough(visit: Visit, path: str) -> None:
    with visit(redis_url=f"redis:{NOBODY_LISTENS}") as client:
        began = time.perf_counter()
        answer = client.get(path)
        took = time.perf_counter() - began

    assert answer.status_code == 200
    assert took < LONGEST_SECONDS
    if path == "/readyz":
        assert answer.json() == {"status": "degraded"}


@pytest.mark.parametrize(
    ("path", "status"), [("/livez", 200), ("/readyz", 503), ("/healthz", 503), ("/metrics", 200)]
)
def test_without_the_database_it_lives_and_says_so(visit: Visit, path: str, status: int) -> None:
    with visit(database_url=f"postgresql:{NOBODY_LISTENS}/opsbook") as client:
        answer = client.get(path, headers={"accept": "text/html"})

    assert answer.status_code == status
    if status == 503:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["cache-control"] == "no-store"
        assert {"title", "status", "detail", "checks"} <= answer.json().keys()
    if path == "/metrics":
        assert "opsbook_database_up 0.0" in answer.text


def test_a_pending_migration_is_not_ready(visit: Visit, database_url: str) -> None:
    asyncio.run(change(database_url, "update alembic_version set version_num = '0001'"))

    with visit() as client:
        answer = client.get("/readyz")

    assert answer.status_code == 503
    assert "opsbook migrate" in answer.json()["detail"]


def test_a_late_escalation_is_not_healthy_though_ready(visit: Visit, database_url: str) -> None:
    asyncio.run(declare(database_url))
    asyncio.run(clock.advance(database_url, timedelta(minutes=5, seconds=16)))

    with visit() as client:
        answers = [client.get(path).status_code for path in PROBES]

    assert answers == [200, 200, 503]


def test_metrics_can_be_parsed_and_hold_rows_and_requests(visit: Visit) -> None:
    with visit() as client:
        client.get("/livez")
        families = {one.name for one in text_string_to_metric_families(client.get("/metrics").text)}

    assert {
        "http_server_request_duration_seconds",
        "opsbook_build_info",
        "opsbook_database_up",
        "opsbook_oldest_due_task_seconds",
        "opsbook_pages",
        "opsbook_page_lateness_seconds",
        "opsbook_escalation_lateness_seconds",
    } <= families


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        (HERE, {}, 200),
        ("::1", {}, 200),
        (HERE, {"x-forwarded-for": ELSEWHERE}, 403),
        (HERE, {"forwarded": f"for={ELSEWHERE}"}, 403),
        (HERE, {"host": "ops.example"}, 403),
        (ELSEWHERE, {}, 403),
        (ELSEWHERE, {"authorization": "Bearer wrong"}, 401),
        (ELSEWHERE, {"authorization": "Bearer the-metrics-token"}, 200),
        (HERE, {"authorization": "Bearer wrong"}, 401),
    ],
)
def test_metrics_are_for_this_machine_or_for_who_has_the_token(
    visit: Visit, address: str, headers: dict[str, str], status: int
) -> None:
    settings = {"metrics_token": "the-metrics-token", "base_url": "https://ops.example"}

    with visit(address, **settings) as client:
        answer = client.get("/metrics", headers=headers)

    assert answer.status_code == status
    assert ("opsbook_build_info" in answer.text) is (status == 200)


def test_without_a_token_set_none_opens_the_metrics(visit: Visit) -> None:
    with visit(ELSEWHERE) as client:
        assert client.get("/metrics", headers={"authorization": "Bearer "}).status_code == 401
        assert client.get("/metrics").status_code == 403
