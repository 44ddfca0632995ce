"""`opsbook web` and `opsbook worker`: one process each, any number of each, for production and for `up`."""

from __future__ import annotations

import asyncio
import sys
from typing import Literal

import click

from app import settings
from app.observability import logs
from app.observability.masking import secrets_of

HOST, PORT = "127.0.0.1", 8000


@click.command(epilog="\b\nExamples:\n  opsbook web\n  opsbook web --host 0.0.0.0 --port 8080")
@click.option("--host", default=HOST, show_default=True, help="Where to listen.")
@click.option("--port", default=PORT, show_default=True, help="Where to listen.")
@click.option("--fd", type=int, help="Serve on a socket that was handed down, instead.")
def web(host: str, port: int, fd: int | None) -> None:
    """Serve pages, GraphQL and the addresses of machines."""
    from app import serving

    found = settings.read()
    logs.configure(found.log_format, "web", secrets=secrets_of(found))
    serving.run(found, host=host, port=port, fd=fd)


@click.command(epilog="\b\nExamples:\n  opsbook worker pager\n  opsbook worker general")
@click.argument("queue", type=click.Choice(["pager", "general", "exports"]), default="pager")
def worker(queue: Literal["pager", "general", "exports"]) -> None:
    """Run timers, pages and other work that is due."""
    import uvloop

    from jobs import worker as process

    found = settings.read()
    logs.configure(found.log_format, f"worker-{queue}", secrets=secrets_of(found))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        code = runner.run(process.run(found, queue))
    sys.exit(code)
