from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from app.incidents import locking
from app.observability import logs
from tests.app.observability.conftest import House

Lines = list[str]


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    handlers, level = logging.root.handlers, logging.root.level
    yield
    logging.root.handlers, logging.root.level = handlers, level
    structlog.reset_defaults()


def logger() -> Any:
    return structlog.get_logger("opsbook.test")


def written(capsys: pytest.CaptureFixture[str]) -> Lines:
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err.splitlines()


def test_text_says_when_how_bad_who_and_what(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("text", "worker-pager")

    logger().warning("queue is away", why="ConnectionError", attempts=3)

    (line,) = written(capsys)
    time, rest = line.split(" ", 1)
    assert rest == "warning  worker-pager queue is away why=ConnectionError attempts=3"
    assert time.endswith("Z")
    assert len(time) == len("2026-11-23T12:22:47.852858Z")


def test_json_is_one_object_per_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json", "web")

    logger().info("first", number=7, nothing=None)
    logger().info("second", listed=["a", {"b": 1.5}])

    first, second = map(json.loads, written(capsys))
    assert first.pop("time").endswith("Z")
    assert first == {
        "level": "info",
        "process": "web",
        "logger": "opsbook.test",
        "message": "first",
        "number": 7,
        "nothing": None,
    }
    assert second["listed"] == ["a", {"b": 1.5}]


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_libraries_write_through_the_same_renderer(
    log_format: logs.LogFormat, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(log_format, "web")

    with structlog.contextvars.bound_contextvars(request_id="0f0f", incident=7):
        logging.getLogger("uvicorn.error").info("Finished server process [%d]", 12)

    (line,) = written(capsys)
    assert all(word in line for word in ("Finished server process [12]", "0f0f", "incident", "web"))


@pytest.mark.parametrize("log_format", ["text", "json"])
@pytest.mark.parametrize("evil", ["\n", "\r", "\x1b[2K", "\x85", "\u2028", "\u2029", "\u202e", "\x00"])
def test_no_value_can_fake_a_second_line(
    log_format: logs.LogFormat, evil: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(log_format, "web")

    logger().info(f"said{evil}2026-01-01 error", value=f"a{evil}b", **{f"name{evil}c": {"deep": evil}})
    logging.getLogger("other").warning("from %s", evil)

    first, second = written(capsys)
    assert first.isprintable()
    assert second.isprintable()


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_an_errors_text_cannot_fake_a_line_either(
    log_format: logs.LogFormat, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(log_format, "web")

    try:
        raise ValueError("bad\n2026-01-01T00:00:00Z error web faked\x1b[31m")
    except ValueError:
        logger().exception("sending failed")

    first, *others = written(capsys)
    assert "sending failed" in first
    assert all(line.startswith(logs.INDENT) and line.isprintable() for line in others)


def test_libraries_are_quiet_and_arq_writes_no_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("text", "worker-pager")

    for name in ("arq.worker", "alembic.runtime.migration", "asyncio", "sqlalchemy.engine"):
        logging.getLogger(name).info("0.05s → wake(ops-secret)")
    logger().debug("for developers")

    assert written(capsys) == []


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_the_settings_secrets_never_show(
    log_format: logs.LogFormat, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(log_format, "web", secrets=frozenset({"correct horse", "battery"}))

    logger().info("the correct horse", value="xbatteryx", deep={"in": ["correct horse"]})
    logging.getLogger("other").error("%s", {"a": "battery"})

    said = "".join(written(capsys))
    assert "horse" not in said
    assert "battery" not in said


def test_a_second_configuration_replaces_the_first(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("text", "web")

    logs.configure("json", "web")
    logger().info("once")

    assert len(written(capsys)) == 1


@pytest.mark.anyio
async def test_lines_name_the_incident_that_is_being_handled(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("json", "worker-pager")
    number = await house.declare()

    async with house.database.unit_of_work() as work:
        await locking.lock(work, number)
        logger().info("something about it")

    assert [json.loads(line).get("incident") for line in written(capsys)] == [number]
