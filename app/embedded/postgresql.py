"""The private PostgreSQL: how its files are made and how it is run."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from app.embedded.account import Account, make_folder
from app.embedded.binaries import Binaries
from app.embedded.keeper import ENVIRONMENT, Engine
from app.embedded.lifeline import tie
from app.errors import Misconfigured

NAME = "PostgreSQL"
SOCKET = ".s.PGSQL.5432"
# The kernel follows this link without walking through the parent folders, which may be closed to the account.
WORKING_FOLDER = "/proc/self/cwd"
FIRST_STATEMENTS = "CREATE ROLE opsbook LOGIN CREATEDB;\n\nCREATE DATABASE opsbook OWNER opsbook;\n\n"
STATUS_LINE = 7
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_directories": ".",
    "unix_socket_permissions": "0700",
    "cluster_name": "opsbook",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "jit": "off",
}
FOR_TESTS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "32MB",
}


def engine(folder: Path, log: Path, binaries: Binaries, account: Account | None, *, durable: bool) -> Engine:
    """Describe how PostgreSQL runs on the files in `folder`, which are made if there are none."""
    settings = SETTINGS if durable else SETTINGS | FOR_TESTS
    options = (option for name, value in settings.items() for option in ("-c", f"{name}={value}"))
    if not (folder / "PG_VERSION").exists():
        _make_cluster(folder, binaries, account, durable=durable)
    return Engine(
        name=NAME,
        program=(str(binaries.postgres), "-D", _working_folder(account), *options),
        folder=folder,
        log=log,
        account=account,
        stop_signal=signal.SIGINT,  # its "fast shutdown"
        prepare=lambda: _forget_the_dead(folder),
        is_ready=lambda: _is_ready(folder),
    )


def _working_folder(account: Account | None) -> str:
    return "." if account is None else WORKING_FOLDER


def _make_cluster(folder: Path, binaries: Binaries, account: Account | None, *, durable: bool) -> None:
    """Make the files aside and move them into place, so that a kill in between leaves nothing half made."""
    aside = folder.with_suffix(".new")
    shutil.rmtree(aside, ignore_errors=True)
    make_folder(aside, account)
    here = _working_folder(account)
    initdb = [str(binaries.initdb), "-D", here, "--username=postgres", "--auth=trust", "--encoding=UTF8"]
    initdb += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"]
    _run_once(initdb if durable else [*initdb, "--no-sync"], aside, account)
    unsafe = () if durable else ("-F",)
    _run_once(
        [str(binaries.postgres), "--single", "-j", *unsafe, "-D", here, "postgres"],
        aside,
        account,
        FIRST_STATEMENTS,
    )
    aside.rename(folder)


def _run_once(program: Sequence[str], folder: Path, account: Account | None, text: str = "") -> None:
    done = subprocess.run(  # noqa: S603 - our own command line
        tie(program, death_signal=signal.SIGKILL, account=account),
        cwd=folder,
        env=dict(ENVIRONMENT),
        input=text,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        check=False,
    )
    if done.returncode != 0:
        said = done.stdout.strip().rpartition("\n")[2]
        raise Misconfigured(
            f"PostgreSQL cannot make its files in {folder}: {said}. Set OPSBOOK_DATABASE_URL to use another"
            " PostgreSQL."
        )


def _forget_the_dead(folder: Path) -> None:
    """Remove lock files of a server that was killed: another process may bear its number by now.

    Our own lock says that none of its processes lives.
    """
    for name in ("postmaster.pid", f"{SOCKET}.lock"):
        (folder / name).unlink(missing_ok=True)


def _is_ready(folder: Path) -> bool:
    try:
        lines = (folder / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return False
    return len(lines) > STATUS_LINE and lines[STATUS_LINE].strip() == "ready"
