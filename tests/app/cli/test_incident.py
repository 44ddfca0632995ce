from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta

import asyncpg

from app.incidents import opening
from app.incidents.words import Severity
from app.security.permissions import SYSTEM
from app.storage.engine import Database
from tests.app.cli.shell import Shell
from tests.engines import plain


def declare(shell: Shell) -> None:
    async def declare() -> None:
        database = await Database.open(shell.url)
        async with database.unit_of_work() as work:
            await opening.declare(work, SYSTEM, title="Checkout is down", severity=Severity.S1)
        await database.close()

    asyncio.run(declare())


def change(shell: Shell, statement: str) -> None:
    async def change() -> None:
        connection = await asyncpg.connect(plain(shell.url))
        await connection.execute(statement)
        await connection.close()

    asyncio.run(change())


def test_a_report_is_markdown_or_json(shell: Shell) -> None:
    declare(shell)

    assert shell.printed("incident", "report", "1").startswith("# OPS-1: Checkout is down")
    document = json.loads(shell.printed("incident", "report", "1", "--format", "json"))
    assert document["url"] == "https://ops.example/incidents/1"


def test_a_whole_timeline_is_verified(shell: Shell) -> None:
    declare(shell)

    assert "entries, whole" in shell.printed("incident", "verify", "1")
    assert shell.json("incident", "verify", "1")["broken_at"] is None


def test_a_broken_one_is_named_and_fails(shell: Shell) -> None:
    declare(shell)
    change(shell, "alter table incident_event disable trigger append_only")
    change(shell, "update incident_event set text = 'Nothing' where seq = 1")

    result = shell.type("incident", "verify", "1")

    assert result.exit_code == 1
    assert "broken at entry 1" in result.stderr


def test_an_incident_that_is_none_is_named(shell: Shell) -> None:
    result = shell.type("incident", "report", "404")

    assert (result.exit_code, result.stderr) == (1, "opsbook: There is no incident OPS-404.\n")


def test_the_figures_of_a_window_are_listed(shell: Shell) -> None:
    declare(shell)
    week_ago = f"{datetime.now(UTC) - timedelta(days=7):%Y-%m-%d}"

    heading, names, whole, *_ = shell.printed("incident", "metrics").splitlines()
    figures = shell.json("incident", "metrics", "--since", week_ago)

    assert "beside as much time before it" in heading
    assert names.split()[:3] == ["OF", "INCIDENTS", "BEFORE"]
    assert whole.split()[:3] == ["all", "1", "0"]
    assert figures["whole"]["now"]["incidents"] == figures["by_severity"]["S1"]["now"]["incidents"] == 1
    assert figures["by_source"][0]["source"] is None
    assert sum(one["now"]["incidents"] for one in figures["periods"]) == 1


def test_a_window_that_ends_before_it_begins_is_refused(shell: Shell) -> None:
    result = shell.type("incident", "metrics", "--since", "2026-02-01", "--until", "2026-01-01")

    assert result.exit_code == 1
    assert "must end after it begins" in result.stderr


DECIDE = """
    insert into severity_decision
        (incident_id, to_severity, rule, rule_version, reason, trend, decided_by, decided_at, evidence)
    values (1, '{}', 'matrix-error-feature', 2, 'Told so', 'learning', 'prometheus', clock_timestamp(),
            '{{"alerts": [{{"severity": "error", "labels": {{"scope": "feature"}}}}]}}')
"""


def test_decisions_that_come_out_the_same_are_counted(shell: Shell) -> None:
    declare(shell)
    change(shell, DECIDE.format("S2"))

    printed = shell.printed("incident", "replay", "1")
    found = shell.json("incident", "replay")

    assert printed == "1 decisions by rules come out the same. 1 were taken by people."
    assert found == {"alike": 1, "by_people": 1, "differences": []}


def test_a_decision_that_comes_out_differently_is_named_and_fails(shell: Shell) -> None:
    declare(shell)
    change(shell, DECIDE.format("S0"))

    result = shell.type("incident", "replay")

    assert result.exit_code == 1
    assert "OPS-1: S0 was decided, decided again: S2" in result.stderr
