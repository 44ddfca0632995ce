from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
from click.testing import CliRunner

from app.cli import main
from tests.app.cli.shell import Shell
from tests.engines import plain

ROOT = Path(__file__).parents[3]


def execute(url: str, *statements: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(plain(url))
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    asyncio.run(run())


@pytest.fixture
def empty(shell: Shell) -> Shell:
    execute(shell.url, "drop schema public cascade", "create schema public")
    return shell


def test_a_schema_that_is_up_to_date_is_left_alone(shell: Shell) -> None:
    assert shell.printed("migrate") == "The schema is up to date."
    assert shell.json("migrate", "--check") == {"pending": []}


def test_an_empty_database_gets_everything_once(empty: Shell) -> None:
    check = empty.type("migrate", "--check")
    applied = empty.json("migrate")["applied"]

    assert check.exit_code == 1
    assert check.stdout == f"Pending: {', '.join(applied)}. Run `opsbook migrate`.\n"
    assert applied[0] == "0001"
    assert empty.json("migrate") == {"applied": []}


def test_the_schema_of_a_newer_release_is_none_of_our_business(shell: Shell) -> None:
    execute(shell.url, "update alembic_version set version_num = '9999'")

    assert shell.printed("migrate", "--check") == "The schema is up to date."
    assert shell.printed("migrate") == "The schema is up to date."


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://127.0.0.1:1/opsbook", "does not answer"),
        ("mysql://127.0.0.1/opsbook", "leads to no PostgreSQL"),
        ("nonsense", "leads to no PostgreSQL"),
    ],
)
def test_a_database_that_cannot_be_used_is_one_sentence(shell: Shell, url: str, says: str) -> None:
    shell.environ["OPSBOOK_DATABASE_URL"] = url

    result = shell.type("migrate")

    assert result.exit_code == 1
    assert says in result.stderr
    assert "OPSBOOK_DATABASE_URL" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_database_that_is_not_there_is_named(shell: Shell) -> None:
    shell.environ["OPSBOOK_DATABASE_URL"] = shell.url.replace("/test_", "/nowhere_")

    assert 'database "nowhere_' in shell.type("migrate").stderr


def test_two_processes_at_once_both_end_well(empty: Shell) -> None:
    environ = {**os.environ, **{name: value or "" for name, value in empty.environ.items()}}
    command = [sys.executable, "-m", "app", "migrate"]

    both = [
        subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    said = {one.communicate()[0].split(":")[0] for one in both}

    assert [one.returncode for one in both] == [0, 0]
    assert said == {"Applied", "The schema is up to date.\n"}


def test_it_helps_with_two_examples() -> None:
    assert CliRunner().invoke(main, ["migrate", "--help"]).output.count("opsbook migrate") >= 2
