"""The client for addresses that users or partners entered: webhook endpoints and the like.

It sends as `http.Client` does, and judges every address in the moment in which it dials it. A kept
connection was judged when it was dialled, and serves only requests to the same name and port.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, closing
from functools import partial
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from app.outside import http
from app.outside.names import LookUp, Names
from app.outside.reach import Reach
from app.settings import Network


class GuardedClient(http.Client):
    """A client that nobody can point at an inside. What it refuses is a failure for good."""

    def __init__(self, session: aiohttp.ClientSession, reach: Reach) -> None:
        super().__init__(session)
        self._reach = reach

    def refuses(self, url: str) -> http.RefusedKind | None:
        """Say why nothing is sent to `url`, before any name is looked up."""
        return self._reach.refuses(url)


@asynccontextmanager
async def opened(
    allowed: Iterable[Network] = (), *, look_up: LookUp | None = None
) -> AsyncIterator[GuardedClient]:
    """Open the client; `allowed` is OPSBOOK_WEBHOOK_ALLOW_PRIVATE. Close its connections at the end."""
    reach = Reach(tuple(allowed))
    with closing(Names()) as names:
        connector = aiohttp.TCPConnector(
            limit=http.MAX_CONNECTIONS,
            resolver=_Resolver(reach, look_up or names.look_up),
            use_dns_cache=False,  # a connection is dialled where its own look-up led
            socket_factory=partial(_dial, reach),
        )
        async with http.session(connector) as session:
            yield GuardedClient(session, reach)


class _Resolver(AbstractResolver):
    """Refuses a name as soon as one of its answers may not be reached: an honest name has no such mixture."""

    def __init__(self, reach: Reach, look_up: LookUp) -> None:
        self._reach = reach
        self._look_up = look_up

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        answers = await self._look_up(host)
        if not answers:
            raise OSError("The name has no address.")
        for answer in answers:
            _demand(self._reach, answer, port)
        return [_result(host, answer, port) for answer in answers]

    async def close(self) -> None:
        pass


def _dial(reach: Reach, info: tuple[Any, ...]) -> socket.socket:
    """Make the socket for one address; aiohttp connects it to this address and to no other."""
    family, kind, protocol, _, (address, port, *_) = info
    _demand(reach, address, port)
    return socket.socket(family, kind, protocol)


def _demand(reach: Reach, address: str, port: int) -> None:
    refused = reach.refuses_dial(address, port)
    if refused:
        raise http.Refused(refused)


def _result(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)
