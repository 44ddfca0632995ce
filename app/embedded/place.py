"""The data directory, and the short path by which the sockets in it are reached."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.embedded import postgresql, valkey
from app.embedded.locks import lock_folder
from app.errors import Misconfigured

PREFIX = "opsbook-"
SOCKET_PATH_LIMIT_BYTES = 107  # sockaddr_un holds 108, and one is the closing zero
PLAIN = re.compile(r"[A-Za-z0-9/._-]+")  # needs no escape in any URL


@dataclass(frozen=True, slots=True)
class Engines:
    """Where the two engines answer."""

    database_url: str
    redis_url: str


@dataclass(frozen=True, slots=True)
class Place:
    """A data directory. The engines work inside their folders in it and never walk through parents."""

    root: Path

    @property
    def owner(self) -> Path:
        """The lock of the process that runs the engines."""
        return self.root / "lock"

    @property
    def inherited(self) -> Path:
        """The lock that every process of the engines holds."""
        return self.root / "engines.lock"

    @property
    def guests(self) -> Path:
        """The lock that those share who joined, and that the owner holds while it starts or stops."""
        return self.root / "guests.lock"

    @property
    def postgresql(self) -> Path:
        """The data directory of PostgreSQL."""
        return self.root / "postgresql"

    @property
    def valkey(self) -> Path:
        """The data directory of Valkey."""
        return self.root / "valkey"

    @property
    def scratch(self) -> Path:
        """A link to the owner's temporary folder."""
        return self.root / "scratch"

    def log(self, name: str) -> Path:
        """Where a program's output goes."""
        return self.root / f"{name.lower()}.log"

    def engines(self) -> Engines:
        """Tell where the running engines answer."""
        address = self.root if _is_usable(self.root) else self.scratch.readlink()
        database = f"postgresql+asyncpg://opsbook@/opsbook?host={address / 'postgresql'}"
        return Engines(database, f"unix://{address / 'valkey' / valkey.SOCKET}")


def open_place(data: Path) -> Place:
    """Make the data directory if it is new.

    Raises: Misconfigured, when it cannot be made or written to.
    """
    root = data.expanduser().absolute()
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        (root / "lock").touch(mode=0o600)
    except OSError as error:
        raise Misconfigured(
            f"The data directory {root} cannot be used: {error.strerror}. Choose another one with --data or"
            " OPSBOOK_DATA."
        ) from error
    return Place(root)


@contextmanager
def scratch_folder(place: Place) -> Iterator[Path]:
    """Make a temporary folder with a short path, which leads to the sockets as well."""
    remove_scratch(place)
    scratch = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_short_temporary_folder()))
    place.scratch.symlink_to(scratch)
    for folder in (place.postgresql, place.valkey):
        (scratch / folder.name).symlink_to(folder)
    try:
        with lock_folder(scratch):  # systemd-tmpfiles leaves a locked folder alone, however old
            yield scratch
    finally:
        remove_scratch(place)


def remove_scratch(place: Place) -> None:
    """Remove the present one, or the one that a killed process left."""
    if not place.scratch.is_symlink():
        return
    scratch = place.scratch.readlink()
    if scratch.name.startswith(PREFIX) and scratch.is_dir() and scratch.stat().st_uid == os.geteuid():
        shutil.rmtree(scratch, ignore_errors=True)
    place.scratch.unlink()


def _short_temporary_folder() -> Path:
    usual = Path(tempfile.gettempdir())
    return usual if _is_usable(usual / f"{PREFIX}12345678") else Path("/tmp")  # noqa: S108 - mkdtemp makes it private


def _is_usable(folder: Path) -> bool:
    """Tell whether the kernel takes the addresses of sockets below it, and URLs need no escapes."""
    longest = folder / "postgresql" / postgresql.SOCKET
    return len(os.fsencode(longest)) <= SOCKET_PATH_LIMIT_BYTES and bool(PLAIN.fullmatch(str(folder)))
