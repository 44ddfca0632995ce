"""Looks up names that somebody outside entered, apart from the names that Opsbook itself needs."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

AT_ONCE = 32

LookUp = Callable[[str], Awaitable[Sequence[str]]]


class Names:
    """The system's resolver, on threads of its own.

    The event loop has a handful for all look-ups of a process. A name server that keeps silent holds one for
    up to half a minute, so that a handful of such names would keep PagerDuty's from being found.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, "names")

    async def look_up(self, name: str) -> Sequence[str]:
        """Find all addresses of `name`. Raises: OSError when there is none."""
        ask = partial(socket.getaddrinfo, name, None, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
        found = await asyncio.get_running_loop().run_in_executor(self._threads, ask)
        return [str(address[0]) for _, _, _, _, address in found]

    def close(self) -> None:
        """Forget what is still being looked up."""
        self._threads.shutdown(wait=False, cancel_futures=True)
