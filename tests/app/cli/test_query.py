from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from api.schema import schema
from app.cli import main
from tests.app.cli.shell import Shell

ROOT = Path(__file__).parents[3]
DECLARE = """
mutation declare($title: String!) {
  declareIncident(input: {title: $title, severity: S2}) { incident { number } userErrors { message } }
}
"""
READ = "query read($n: Int!) { incident(number: $n) { title severity } }"


def answered(shell: Shell, *words: str) -> Any:
    return json.loads(shell.printed("query", *words))["data"]


def test_opsbook_itself_may_change_and_read(shell: Shell) -> None:
    title = json.dumps({"title": "Checkout is down"})
    declared = answered(shell, DECLARE, "--variables", title)["declareIncident"]

    read = answered(shell, READ, "--variables", json.dumps({"n": declared["incident"]["number"]}))

    assert declared["userErrors"] == []
    assert read == {"incident": {"title": "Checkout is down", "severity": "S2"}}


def test_a_document_may_come_from_standard_input(shell: Shell) -> None:
    result = shell.type("query", "-", stdin="{ __typename }")

    assert json.loads(result.stdout)["data"] == {"__typename": "Query"}


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("{ nope }", "GRAPHQL_VALIDATION_FAILED"),
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("subscription { incidentChanged(number: 1) { number } }", "BAD_REQUEST"),
        ("{ " + " ".join(f"a{number}: now" for number in range(100)) + " }", "LIMIT_EXCEEDED"),
    ],
)
def test_errors_are_json_with_a_code_and_exit_with_1(shell: Shell, document: str, code: str) -> None:
    result = shell.type("query", document)

    assert result.exit_code == 1
    assert json.loads(result.stdout)["errors"][0]["extensions"]["code"] == code


@pytest.mark.parametrize("variables", ["nonsense", "[1]", "{"])
def test_variables_that_are_no_object_are_misuse(variables: str) -> None:
    result = CliRunner().invoke(main, ["query", "{ now }", "--variables", variables])

    assert result.exit_code == 2


def test_the_schema_is_printed_as_it_is() -> None:
    assert CliRunner().invoke(main, ["schema"]).stdout == schema().as_str() + "\n"


def test_a_shell_gets_json_on_stdout_and_nothing_else(shell: Shell) -> None:
    environ = {**os.environ, **{name: value or "" for name, value in shell.environ.items()}}
    command = [sys.executable, "-m", "app", "query", "{ now }"]

    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert set(json.loads(done.stdout)["data"]) == {"now"}


@pytest.mark.parametrize("words", ["query", "schema"])
def test_each_command_helps_with_two_examples(words: str) -> None:
    assert CliRunner().invoke(main, [words, "--help"]).output.count(f"opsbook {words}") >= 2
