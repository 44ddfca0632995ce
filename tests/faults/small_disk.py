"""`python -m tests.faults.small_disk FOLDER`: both engines on what is mounted there, until stdin ends."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from app.embedded import running
from app.storage import migrate
from tests import clock

READY = b"ready\n"
SIZE = "160m"
BLOCK = bytes(64 * 1024)
# In a mount namespace, so that nothing of the disk is left, however this ends.
MOUNT = f'mount -t tmpfs -o size={SIZE},mode=755 tmpfs "$1"'
START = f'{MOUNT} && exec {sys.executable} -m tests.faults.small_disk "$1"'


@dataclass(frozen=True)
class SmallDisk:
    """A disk that can be filled. Its folder is seen through the process that mounted it."""

    folder: Path

    @property
    def database_url(self) -> str:
        return f"postgresql+asyncpg://opsbook@/opsbook?host={self.folder / 'postgresql'}"

    @property
    def redis_url(self) -> str:
        return f"unix://{self.folder / 'valkey/valkey.sock'}"

    @property
    def filler(self) -> Path:
        return self.folder / "filler"

    def fill(self) -> None:
        """Leave no byte."""
        with suppress(OSError), self.filler.open("ab", buffering=0) as filler:
            while filler.write(BLOCK):
                pass

    def clear(self) -> None:
        """Give the room back."""
        self.filler.unlink(missing_ok=True)


def is_possible() -> bool:
    """Whether this machine lets us mount something that nobody else sees."""
    if os.geteuid() != 0 or sys.platform != "linux":
        return False
    tried = ["unshare", "-m", "sh", "-c", "mount -t tmpfs tmpfs /mnt"]
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0


@asynccontextmanager
async def mounted() -> AsyncIterator[SmallDisk]:
    """Run both engines on a small disk."""
    with tempfile.TemporaryDirectory(
        prefix="ops-", dir="/tmp"
    ) as folder:  # short, for the sockets' addresses
        process = await asyncio.create_subprocess_exec(
            *("unshare", "-m", "sh", "-c", START, "sh", folder),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            assert await process.stdout.readline() == READY
            yield SmallDisk(Path(f"/proc/{process.pid}/root{folder}"))
        finally:
            process.stdin.close()
            await process.wait()


def main(folder: Path) -> None:
    """Run the engines, with a schema and a clock that can be moved, until whoever started this is gone."""
    with running(folder, durable=False) as engines:
        asyncio.run(migrate.upgrade(engines.database_url))
        asyncio.run(clock.install(engines.database_url))
        sys.stdout.buffer.write(READY)
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
