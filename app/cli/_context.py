"""What every command that needs the database shares: its settings, and the engines behind them."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

from app import settings
from app.embedded import Engines, joined
from app.observability import logs
from app.observability.masking import secrets_of
from app.security.secret_key import secret_key
from app.settings import Settings

if TYPE_CHECKING:
    from app.assembly import House

ADDRESS_FILE = "address"
P = ParamSpec("P")
T = TypeVar("T")

data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="OPSBOOK_DATA",
    help="Where the embedded servers keep their data.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def configured(data: Path | None) -> Settings:
    """Read the settings; `--data` and, for root, a folder of the system's come before the default."""
    found = settings.read()
    if data is None and "OPSBOOK_DATA" not in os.environ and os.geteuid() == 0:
        data = Path("/var/lib/opsbook")
    folder = (data or found.data).expanduser().absolute()
    return dataclasses.replace(found, data=folder, base_url=_base_url(found, folder))


def _base_url(found: Settings, folder: Path) -> str:
    """Where `opsbook up` says it is, unless the environment says so."""
    said = folder / ADDRESS_FILE
    if "OPSBOOK_BASE_URL" not in os.environ and said.exists():
        return said.read_text(encoding="utf-8").strip() or found.base_url
    return found.base_url


@contextmanager
def located(data: Path | None) -> Iterator[Settings]:
    """The settings of a one-off command: its URLs lead somewhere, and its logs are warnings on stderr."""
    found = configured(data)
    logs.configure(found.log_format, "opsbook", secrets=secrets_of(found), level=logging.WARNING)
    with supplied(found, joined) as settled:
        yield settled


@contextmanager
def supplied(
    found: Settings, engines: Callable[[Path], AbstractContextManager[Engines]]
) -> Iterator[Settings]:
    """Settings whose URLs lead to what the environment names, else to engines of our own."""
    found = dataclasses.replace(found, secret_key=secret_key(found, found.data))
    if found.database_url is not None and found.redis_url is not None:
        yield found
        return
    with engines(found.data) as own:
        yield dataclasses.replace(
            found,
            database_url=found.database_url or own.database_url,
            redis_url=found.redis_url or own.redis_url,
        )


@asynccontextmanager
async def opened(data: Path | None) -> AsyncIterator[House]:
    """Open the house for one command, starting the embedded engines if `opsbook up` does not run."""
    from app import assembly  # half a second of imports, which `up` does without

    with located(data) as found:
        async with assembly.opened(found, connections=2) as house:
            yield house


def asynchronous(command: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, T]:
    """Let click call a coroutine."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        return asyncio.run(command(*args, **kwargs))

    return run
