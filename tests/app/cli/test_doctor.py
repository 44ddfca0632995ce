from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
from click.testing import CliRunner

from app.cli import main
from app.embedded.lifeline import tie
from app.queue.connection import queue_name
from tests.app.cli.shell import Shell
from tests.app.cli.test_migrate import execute

ROOT = Path(__file__).parents[3]
START_WITHIN_SECONDS = 20


def examined(shell: Shell) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in json.loads(shell.type("doctor", "--json").stdout)["checks"]}


def verdicts(shell: Shell) -> dict[str, str]:
    return {name: one["verdict"] for name, one in examined(shell).items()}


def tied(queue: str) -> list[str]:
    """A worker that ends with these tests, however they end."""
    return tie([sys.executable, "-m", "app", "worker", queue], death_signal=signal.SIGKILL)


@contextmanager
def working(shell: Shell, *queues: str) -> Iterator[None]:
    """Run real workers until each has been heard of."""
    environ = {**os.environ, **{name: value or "" for name, value in shell.environ.items()}}
    running = [subprocess.Popen(tied(queue), cwd=ROOT, env=environ) for queue in queues]
    try:
        _await_beats(str(shell.environ["OPSBOOK_REDIS_URL"]), queues)
        yield
    finally:
        for one in running:
            one.terminate()
        for one in running:
            one.wait()


def _await_beats(redis_url: str, queues: tuple[str, ...]) -> None:
    deadline = time.monotonic() + START_WITHIN_SECONDS
    with redis.Redis.from_url(redis_url) as client:
        while not all(client.exists(f"{queue_name(queue)}:health-check") for queue in queues):
            assert time.monotonic() < deadline, "the workers do not beat"
            time.sleep(0.05)


def test_each_part_that_is_not_set_up_is_named_with_its_variable(shell: Shell) -> None:
    result = shell.type("doctor")

    failing = [line for line in result.stdout.splitlines() if line.startswith("failed")]
    assert result.exit_code == 1
    for variable in (
        "OPSBOOK_PAGERDUTY_ROUTING_KEY_OPERATOR",
        "OPSBOOK_PAGERDUTY_ROUTING_KEY_COMMANDER",
        "OPSBOOK_PAGERDUTY_ROUTING_KEY_POLICY_OWNER",
        "OPSBOOK_PAGERDUTY_API_TOKEN",
        "OPSBOOK_PAGERDUTY_WEBHOOK_SECRETS",
        "OPSBOOK_SMTP_URL",
    ):
        assert any(variable in line for line in failing)


def test_what_is_set_up_is_well(shell: Shell) -> None:
    found = verdicts(shell)

    well = (
        "base URL",
        "secret key",
        "master keys",
        "database",
        "migrations",
        "clock",
        "escalations",
        "queue",
    )
    assert {name: found[name] for name in well} == dict.fromkeys(well, "ok")


def test_workers_are_seen_when_they_work_and_missed_when_not(shell: Shell) -> None:
    with working(shell, "pager"):
        found = verdicts(shell)

    assert (found["pager worker"], found["general worker"]) == ("ok", "failed")


@pytest.mark.parametrize(
    ("variable", "value", "name"),
    [
        ("OPSBOOK_DATABASE_URL", "postgresql://127.0.0.1:1/opsbook", "database"),
        ("OPSBOOK_REDIS_URL", "redis://127.0.0.1:1", "queue"),
        ("OPSBOOK_MASTER_KEYS", "short", "master keys"),
        ("OPSBOOK_BASE_URL", "http://ops.example", "base URL"),
        ("OPSBOOK_SMTP_URL", "smtp://127.0.0.1:1", "mail"),
    ],
)
def test_what_is_set_wrongly_is_named(shell: Shell, variable: str, value: str, name: str) -> None:
    shell.environ[variable] = value

    found = examined(shell)[name]

    assert found["verdict"] == "failed"
    assert variable in found["detail"] + found["remedy"]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("OPSBOOK_DATABASE_URL", "mysql://127.0.0.1/opsbook"),
        ("OPSBOOK_REDIS_URL", "http://127.0.0.1"),
        ("OPSBOOK_SECRET_KEY", "short"),
        ("OPSBOOK_SMPT_URL", "smtp://127.0.0.1"),
    ],
)
def test_what_keeps_everything_from_starting_is_said_without_a_traceback(
    shell: Shell, variable: str, value: str
) -> None:
    shell.environ[variable] = value

    result = shell.type("doctor")

    assert result.exit_code == 1
    assert variable in result.output
    assert len(result.output.splitlines()) == 1


def test_a_pending_migration_has_its_remedy(shell: Shell) -> None:
    execute(shell.url, "update alembic_version set version_num = '0001'")

    found = examined(shell)["migrations"]

    assert found["verdict"] == "failed"
    assert found["remedy"] == "Run `opsbook migrate`."


def test_a_loopback_address_in_links_is_a_warning_alone(shell: Shell) -> None:
    shell.environ["OPSBOOK_BASE_URL"] = "http://127.0.0.1:8000"

    assert verdicts(shell)["base URL"] == "warning"


def test_settings_are_listed_with_their_source_and_no_secret(shell: Shell, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("hush-hush-token\n")
    shell.environ["OPSBOOK_PAGERDUTY_API_TOKEN_FILE"] = str(secret)

    listed = {one["variable"]: one for one in shell.json("doctor", "--settings")}
    shown = shell.printed("doctor", "--settings")

    assert listed["OPSBOOK_PAGERDUTY_API_TOKEN"]["source"] == "OPSBOOK_PAGERDUTY_API_TOKEN_FILE"
    assert listed["OPSBOOK_BASE_URL"]["value"] == "https://ops.example"
    assert listed["OPSBOOK_SMTP_URL"] == {
        "variable": "OPSBOOK_SMTP_URL",
        "value": "not set",
        "source": "default",
    }
    assert not any(word in shown + str(listed) for word in ("hush", "kkkk", shell.url))


def test_it_helps_with_two_examples() -> None:
    assert CliRunner().invoke(main, ["doctor", "--help"]).output.count("opsbook doctor") >= 2
