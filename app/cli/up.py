"""`opsbook up`: everything on one machine, under one supervisor."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import click

from app import supervisor
from app.cli._context import ADDRESS_FILE, configured, data_option, supplied
from app.embedded import running
from app.errors import Misconfigured
from app.observability import logs
from app.observability.masking import secrets_of
from app.settings import Settings, read
from app.storage import migrate
from app.supervisor import Program

HOST, PORT = "127.0.0.1", 8000
OTHERS, SOON = ("general", "exports"), timedelta(seconds=1.5)


@click.command(epilog="\b\nExamples:\n  opsbook up\n  opsbook up --demo --port 9000 --data ./data")
@click.option("--demo", is_flag=True, help="Load demo data and stand-ins for other systems.")
@click.option("--host", default=HOST, show_default=True, help="Where to listen.")
@click.option("--port", default=PORT, show_default=True, help="Where to listen.")
@data_option
@click.option("--workers", default=1, show_default=True, help="Web processes, and pagers.")
def up(demo: bool, host: str, port: int, data: Path | None, workers: int) -> None:
    """Start the database, the queue, the web and the workers, and keep them running."""
    settings = configured(data)
    logs.configure(settings.log_format, "up", secrets=secrets_of(settings))
    _refuse_public(settings, host)
    with ExitStack() as stack:
        found = stack.enter_context(supplied(settings, running))
        asyncio.run(migrate.upgrade(found.database_url or ""))
        listening = stack.enter_context(supervisor.listen(host, port))
        environ = _environ(found, stack.enter_context(_metrics_folder()))
        address = f"http://{host}:{listening.getsockname()[1]}"
        environ.setdefault("OPSBOOK_BASE_URL", address)
        stack.enter_context(_said(found.data / ADDRESS_FILE, environ["OPSBOOK_BASE_URL"]))
        programs = _programs(environ, listening.fileno(), workers)
        if demo:
            from app.demo import scene

            programs = scene.prepare(found, environ, programs)
        code = supervisor.run(programs, ready=lambda: _welcome(address, environ, demo=demo))
    sys.exit(code)


def _welcome(address: str, environ: Mapping[str, str], *, demo: bool) -> None:
    lines = [f"Opsbook is on {address}", "Ctrl-C stops everything it started."]
    if demo:
        from app.demo import scene

        lines[1:1] = ["", *scene.welcome(read(environ)), ""]
    click.echo("\n" + "\n".join(lines) + "\n", err=True)


def _refuse_public(settings: Settings, host: str) -> None:
    try:
        private = ipaddress.ip_address(host).is_loopback
    except ValueError:
        private = host == "localhost"
    if not private and settings.secret_key is None:
        raise Misconfigured(f"Set OPSBOOK_SECRET_KEY before listening on {host}, which others can reach.")


@contextmanager
def _said(file: Path, address: str) -> Iterator[None]:
    """Let commands in another shell know where we are, for the links that they print."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(address, encoding="utf-8")
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


@contextmanager
def _metrics_folder() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="opsbook-metrics-") as folder:
        yield folder


def _environ(settings: Settings, metrics: str) -> dict[str, str]:
    """What the children get: our environment, and what we found out in place of what it may say."""
    environ = {name: value for name, value in os.environ.items() if name not in _REPLACED}
    known = {
        "OPSBOOK_DATABASE_URL": settings.database_url,
        "OPSBOOK_REDIS_URL": settings.redis_url,
        "OPSBOOK_SECRET_KEY": settings.secret_key,
        "OPSBOOK_DATA": str(settings.data),
        "PROMETHEUS_MULTIPROC_DIR": metrics,
    }
    return environ | {name: value for name, value in known.items() if value is not None}


_REPLACED = {f"OPSBOOK_{name}_FILE" for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY")}


def _programs(environ: Mapping[str, str], fd: int, workers: int) -> list[Program]:
    opsbook = (sys.executable, "-m", "app")
    web = [
        Program(f"web-{number}", (*opsbook, "web", "--fd", str(fd)), environ, pass_fds=(fd,))
        for number in range(1, workers + 1)
    ]
    pagers = [
        Program(f"pager-{number}", (*opsbook, "worker", "pager"), environ) for number in range(1, workers + 1)
    ]
    # Nobody waits for these as for the first page.
    others = [Program(queue, (*opsbook, "worker", queue), environ, after=SOON) for queue in OTHERS]
    return [*web, *pagers, *others]
