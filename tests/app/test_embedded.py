from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import redis

from app.embedded import Engines, joined, running
from app.embedded.locks import is_held
from app.embedded.place import Place, remove_scratch
from app.errors import Conflict, Misconfigured, Unavailable
from tests.engines import plain

ROOT = Path(__file__).parents[2]
PROCESS = """
import sys
from pathlib import Path
from app.embedded import {how}, lifeline
lifeline.HAS_DEATH_SIGNAL = {death_signal}
with {how}(Path(sys.argv[1])) as engines:
    print(engines.database_url, engines.redis_url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def data() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="embedded-") as folder:
        data = Path(folder) / "data"
        yield data
        remove_scratch(Place(data))


class Other:
    """Another process that has engines until its input ends."""

    def __init__(self, data: Path, how: str, *, death_signal: bool = True) -> None:
        code = PROCESS.format(how=how, death_signal=death_signal)
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, str(data)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.engines = Engines(*self.process.stdout.readline().split())

    def finish(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()


@contextmanager
def other(data: Path, how: str = "running", *, death_signal: bool = True) -> Iterator[Other]:
    another = Other(data, how, death_signal=death_signal)
    with another.process:
        try:
            yield another
        finally:
            another.process.kill()


def ask(engines: Engines, statement: str) -> Any:
    async def answer() -> Any:
        connection = await asyncpg.connect(plain(engines.database_url))
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(answer())


def wait_until(holds: Callable[[], bool], *, seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.01)


def process_of(data: Path, engine: str) -> int:
    return int((data / f"{engine}.pid").read_text())


def test_both_engines_answer_and_their_files_are_private(data: Path) -> None:
    with running(data) as engines:
        version = ask(engines, "SHOW server_version")
        with redis.Redis.from_url(engines.redis_url) as queue:
            answer = queue.ping()

    assert int(version.split(".")[0]) >= 18
    assert answer is True
    assert {path.stat().st_mode & 0o777 for path in (data, data / "postgresql", data / "valkey")} == {0o700}


def test_nothing_is_lost_when_the_owner_is_killed(data: Path) -> None:
    with other(data) as owner:
        ask(owner.engines, "CREATE TABLE kept AS SELECT 42 AS answer")
        with redis.Redis.from_url(owner.engines.redis_url) as queue:
            queue.set("kept", "42")

        owner.process.kill()
        wait_until(lambda: not is_held(data / "engines.lock"), seconds=1)

    with running(data) as engines, redis.Redis.from_url(engines.redis_url) as queue:
        assert ask(engines, "SELECT answer FROM kept") == 42
        assert queue.get("kept") == b"42"


def test_engines_without_a_death_signal_are_stopped_by_the_next_owner(data: Path) -> None:
    with other(data, death_signal=False) as owner:
        ask(owner.engines, "CREATE TABLE kept AS SELECT 42 AS answer")
        owner.process.kill()

    assert is_held(data / "engines.lock")
    with other(data, death_signal=False) as owner:
        assert ask(owner.engines, "SELECT answer FROM kept") == 42
        owner.finish()
        assert owner.process.wait(timeout=10) == 0


def test_a_second_owner_is_refused(data: Path) -> None:
    with other(data) as owner, pytest.raises(Conflict) as refusal, running(data):
        pass

    assert str(refusal.value) == (
        f"Opsbook already runs on {data} (process {owner.process.pid})."
        " Stop it first, or choose another folder with --data or OPSBOOK_DATA."
    )


def test_a_command_joins_the_engines_that_run(data: Path) -> None:
    with other(data) as owner, joined(data) as engines:
        assert engines == owner.engines
        assert ask(engines, "SELECT current_user") == "opsbook"


def test_a_command_starts_engines_for_itself_and_stops_them(data: Path) -> None:
    with joined(data) as engines:
        answer = ask(engines, "SELECT 42")

    assert answer == 42
    assert not is_held(data / "engines.lock")
    assert not (data / "postgresql" / "postmaster.pid").exists()


def test_an_owner_waits_for_commands_that_joined(data: Path) -> None:
    with other(data, "joined") as owner, joined(data) as engines:
        owner.finish()
        with pytest.raises(subprocess.TimeoutExpired):
            owner.process.wait(timeout=0.3)

        assert ask(engines, "SELECT 42") == 42


@pytest.mark.parametrize("engine", ["postgresql", "valkey"])
def test_an_engine_that_is_killed_comes_back(
    data: Path, engine: str, caplog: pytest.LogCaptureFixture
) -> None:
    with running(data) as engines:
        ask(engines, "CREATE TABLE kept AS SELECT 42 AS answer")
        killed = process_of(data, engine)

        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: process_of(data, engine) != killed)
        wait_until(lambda: both_answer(engines))

        assert ask(engines, "SELECT answer FROM kept") == 42
    assert "ended by itself and is started again" in caplog.text


def both_answer(engines: Engines) -> bool:
    try:
        with redis.Redis.from_url(engines.redis_url) as queue:
            return bool(queue.ping()) and ask(engines, "SELECT true") is True
    except (OSError, redis.ConnectionError, asyncpg.PostgresError):
        return False


@pytest.mark.parametrize("folder", ["long" * 30, "with a space"])
def test_sockets_have_short_plain_paths_wherever_the_data_is(data: Path, folder: str) -> None:
    with running(data / folder) as engines, other(data / folder, "joined") as guest:
        assert guest.engines == engines
        assert " " not in engines.database_url + engines.redis_url
        assert ask(engines, "SELECT 42") == 42

    assert not (data / folder / "scratch").is_symlink()


def test_a_temporary_folder_left_by_a_killed_owner_is_removed(data: Path) -> None:
    with other(data) as owner:
        left = (data / "scratch").readlink()
        owner.process.kill()

    with running(data):
        assert not left.exists()


def test_half_made_files_are_made_again(data: Path) -> None:
    (data / "postgresql.new" / "base").mkdir(parents=True)

    with running(data) as engines:
        assert ask(engines, "SELECT 42") == 42


def test_files_of_another_postgresql_are_refused_with_its_own_words(data: Path) -> None:
    with running(data, durable=False):
        pass
    (data / "postgresql" / "PG_VERSION").write_text("15\n")

    with pytest.raises(
        Unavailable, match=r"PostgreSQL did not start: .*initialized by PostgreSQL version 15"
    ):
        running(data).__enter__()


def test_a_data_directory_that_cannot_be_made_is_named(data: Path) -> None:
    data.touch()

    with pytest.raises(Misconfigured, match=r"cannot be used: .*\. Choose another one with --data"):
        running(data).__enter__()
