from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from app.demo import keys as demo_keys
from app.demo import loading, scene
from app.demo.people import SOURCES
from app.errors import Conflict, Misconfigured
from app.incidents import opening, timeline
from app.incidents.sources import digest
from app.incidents.words import Severity
from app.security import links, people
from app.security.permissions import SYSTEM
from app.settings import Settings, read
from app.storage.engine import Database
from app.supervisor import Program
from tests.engines import plain

BASE_URL = "http://127.0.0.1:8000"
WEB = Program("web-1", (sys.executable,), {})


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(database_url=database_url, data=tmp_path)


@pytest.fixture
def ask(database_url: str) -> Callable[[str], list[tuple[Any, ...]]]:
    async def fetch(statement: str) -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(plain(database_url))
        try:
            return [tuple(row) for row in await connection.fetch(statement)]
        finally:
            await connection.close()

    return lambda statement: asyncio.run(fetch(statement))


def prepare(settings: Settings, **variables: str) -> tuple[dict[str, str], dict[str, Program]]:
    environ = {"OPSBOOK_BASE_URL": BASE_URL, **variables}
    programs = scene.prepare(settings, environ, [WEB])
    return environ, {program.name: program for program in programs}


def in_database(settings: Settings, act: Callable[[Database], Any]) -> Any:
    async def run() -> Any:
        database = await Database.open(settings.database_url or "")
        try:
            return await act(database)
        finally:
            await database.close()

    return asyncio.run(run())


def load(settings: Settings, scenario: loading.Scenario = "outage") -> None:
    keys = demo_keys.kept(scene.folder(settings))
    in_database(settings, lambda database: loading.load(database, keys, scenario))


def test_the_first_start_loads_ninety_days(settings: Settings, ask: Any) -> None:
    prepare(settings)

    assert ask("select count(*) between 60 and 120, min(id), max(id) from incident")[0][::2] == (True, 2416)
    assert ask("select count(*) between 18000 and 22000 from activity_event") == [(True,)]
    ended = "select max(recorded_at) < clock_timestamp() - interval '2 hours' from incident_event"
    assert ask(ended) == [(True,)]


def test_the_second_start_changes_nothing(settings: Settings, ask: Any) -> None:
    counts = "select (select count(*) from incident), (select count(*) from audit_event), max(id) from person"
    prepare(settings)
    before = ask(counts)

    prepare(settings)

    assert ask(counts) == before


def test_a_database_with_somebody_else_in_it_is_refused(settings: Settings, ask: Any) -> None:
    async def add(database: Database) -> None:
        async with database.unit_of_work() as work:
            await people.add(work, SYSTEM, email="nora@example.com", name="Nora", roles=["viewer"])

    in_database(settings, add)

    with pytest.raises(Conflict, match="not the demo's"):
        prepare(settings)
    assert ask("select name from person") == [("Nora",)]


def test_the_command_refuses_a_database_that_holds_the_demo(settings: Settings) -> None:
    load(settings)

    with pytest.raises(Conflict, match="holds the demo already"):
        load(settings)


def test_every_chain_verifies_from_what_the_database_holds(settings: Settings, ask: Any) -> None:
    load(settings)
    columns = "incident_id, seq, kind, actor, actor_name, occurred_at, recorded_at, text, payload::text"

    previous: dict[int, bytes] = {}
    for *values, hashed in ask(f"select {columns}, hash from incident_event order by incident_id, seq"):
        entry = dict(zip(columns.removesuffix("::text").split(", "), values, strict=True))
        entry["payload"] = json.loads(entry["payload"])
        before = previous.get(entry["incident_id"], timeline.GENESIS)
        previous[entry["incident_id"]] = timeline.link(before, entry)
        assert previous[entry["incident_id"]] == hashed


def test_the_next_incident_and_its_pages_are_numbered_after_the_history(settings: Settings) -> None:
    load(settings)

    async def declare(database: Database) -> int:
        async with database.unit_of_work() as work:
            return await opening.declare(work, SYSTEM, title="Next", severity=Severity.S1)

    assert in_database(settings, declare) == 2417


def test_nothing_of_the_history_is_due(settings: Settings, ask: Any) -> None:
    load(settings)

    assert ask("select count(*) from page where due_at is not null or check_at is not null") == [(0,)]
    waiting = "select count(*) from escalation_step where fired_at is null and cancelled_at is null"
    assert ask(waiting) == [(0,)]


def test_the_stand_in_gets_the_keys_and_none_of_our_secrets(settings: Settings) -> None:
    environ, programs = prepare(settings, OPSBOOK_SECRET_KEY="s" * 32)
    stand_in = programs["pagerduty"]

    assert not any(name.startswith("OPSBOOK_") for name in stand_in.environ)
    assert stand_in.environ["STAND_IN_WEBHOOK_SECRETS"] == environ["OPSBOOK_PAGERDUTY_WEBHOOK_SECRETS"]
    assert f"--webhook-url={BASE_URL}/hooks/pagerduty" in stand_in.argv
    assert not any(
        key in " ".join(stand_in.argv) for key in stand_in.environ["STAND_IN_ROUTING_KEYS"].split()
    )


def test_all_programs_know_where_the_stand_in_is(settings: Settings) -> None:
    environ, programs = prepare(settings)

    found = read(programs["web-1"].environ)
    assert found.pagerduty_events_url == found.pagerduty_api_url == environ["OPSBOOK_PAGERDUTY_API_URL"]
    assert found.pagerduty_from == "mara@example.com"
    assert found.pagerduty_routing_key_policy_owner is not None


def test_a_port_that_is_taken_is_left_alone(settings: Settings) -> None:
    first = prepare(settings)[0]["OPSBOOK_PAGERDUTY_EVENTS_URL"]
    port = int(first.rpartition(":")[2])

    with socket.create_server(("127.0.0.1", port)):
        second = prepare(settings)[0]["OPSBOOK_PAGERDUTY_EVENTS_URL"]

    assert second != first


def test_a_pagerduty_of_ones_own_is_used_instead(settings: Settings) -> None:
    environ, programs = prepare(settings, OPSBOOK_PAGERDUTY_ROUTING_KEY_OPERATOR="k" * 32)

    assert "pagerduty" not in programs
    assert [name for name in environ if "PAGERDUTY" in name] == ["OPSBOOK_PAGERDUTY_ROUTING_KEY_OPERATOR"]


def test_a_quiet_demo_stays_quiet(settings: Settings) -> None:
    load(settings, "quiet")

    environ, programs = prepare(settings)

    assert "--quiet" in programs["scenario"].argv
    assert "fail" not in " ".join(
        scene.welcome(read({**environ, "OPSBOOK_DATABASE_URL": settings.database_url or ""}))
    )


def test_the_welcome_lets_mara_in_once(settings: Settings) -> None:
    environ, _ = prepare(settings, OPSBOOK_DATABASE_URL=settings.database_url or "")

    lines = scene.welcome(read(environ))

    link = lines[0].split()[-1]
    assert link.startswith(f"{BASE_URL}/sign-in/link?key=")
    key = link.partition("key=")[2]
    assert in_database(settings, lambda database: links.look(database, key)) is links.LinkState.GOOD
    assert environ["OPSBOOK_PAGERDUTY_EVENTS_URL"] in lines[1]
    assert f"{BASE_URL}/public" in lines[2]
    assert "EU checkout" in lines[3]


def test_keys_are_made_once_and_are_for_their_owner_alone(tmp_path: Path) -> None:
    first = demo_keys.kept(tmp_path / "demo")

    assert demo_keys.kept(tmp_path / "demo") == first
    assert (tmp_path / "demo" / "keys.json").stat().st_mode & 0o777 == 0o600
    assert {len(key) for key in (*first.sources.values(), *first.routing.values())} == {32}


def test_keys_that_were_lost_are_made_anew_and_their_sources_follow(settings: Settings, ask: Any) -> None:
    prepare(settings)
    (scene.folder(settings) / "keys.json").unlink()

    _, programs = prepare(settings)

    key = programs["scenario"].environ["DEMO_SOURCE_KEY"]
    assert ask("select key_sha256 from alert_source where name = 'prometheus'") == [(digest(key),)]
    assert ask("select count(*) from audit_event where action = 'source.renew_key'") == [(len(SOURCES),)]


def test_keys_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text("{}", encoding="utf-8")

    with pytest.raises(Misconfigured, match=r"keys\.json cannot be kept"):
        demo_keys.kept(tmp_path)
