"""Outgoing HTTP. What goes wrong outside is an answer like any other: nothing here raises for it.

This client goes where it is sent, and is for addresses that the operator of Opsbook set. What users or
partners enter is for `app.outside.guarded`.
"""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Literal

import aiohttp

KEPT_BYTES = 16 * 1024
CONNECT_TIMEOUT = timedelta(seconds=2)
TOTAL_TIMEOUT = timedelta(seconds=15)
MAX_RETRY_AFTER = timedelta(days=1)
MAX_CONNECTIONS = 1000  # a system that hangs must not take the connections of one that answers

RefusedKind = Literal["bad_url", "blocked_scheme", "blocked_userinfo", "blocked_port", "blocked_address"]
FailureKind = (
    Literal["timeout", "connection_refused", "connection_reset", "unreachable", "dns", "tls", "bad_response"]
    | RefusedKind
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said, whatever its status. `cut`: its body was longer than was kept."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """No answer came. `permanent`: trying again cannot help."""

    kind: FailureKind
    permanent: bool = False


class Refused(OSError):
    """Raised within aiohttp, when it is about to dial what it may not reach; it becomes a `Failure`."""

    def __init__(self, kind: RefusedKind) -> None:
        super().__init__(kind)
        self.kind = kind


class Client:
    """Sends requests; one for a whole process. Follows no redirect, keeps no cookie, uses no proxy."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    def refuses(self, url: str) -> RefusedKind | None:
        """Say why nothing is sent to `url`; None where nothing speaks against it."""
        return None

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        within: timedelta = TOTAL_TIMEOUT,
        kept_bytes: int = KEPT_BYTES,
    ) -> Answer | Failure:
        """Send one request. `within` covers everything from the name look-up to the body's last byte."""
        refused = self.refuses(url)
        if refused:
            return Failure(refused, permanent=True)
        limits = aiohttp.ClientTimeout(
            total=within.total_seconds(),
            sock_connect=min(CONNECT_TIMEOUT, within).total_seconds(),
            ceil_threshold=float("inf"),  # aiohttp would round 5 s up to the next whole second
        )
        try:
            async with self._session.request(
                method, url, headers=headers, data=body, timeout=limits, allow_redirects=False
            ) as response:
                return await _kept(response, kept_bytes)
        except (aiohttp.ClientError, OSError, ValueError) as error:  # TimeoutError is an OSError
            return _failure(error)


@asynccontextmanager
async def opened() -> AsyncIterator[Client]:
    """Open the client of a process; close its connections at the end."""
    async with session(aiohttp.TCPConnector(limit=MAX_CONNECTIONS)) as found:
        yield Client(found)


def session(connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
    """Make what a client sends with, over `connector`: no cookies, no proxy, nothing unpacked."""
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": "Opsbook", "Accept-Encoding": "identity"},
        auto_decompress=False,  # a small body must not unpack into a large one
        trust_env=False,
    )


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """Read how long the other side asks us to wait, at most a day.

    A date is measured against the answer's own `Date`: our clocks have no say.
    Source: RFC 9110, section 10.2.3.
    """
    asked = headers.get("Retry-After", "").strip()
    if asked.isascii() and asked.isdigit():
        return min(timedelta(seconds=int(asked[:9])), MAX_RETRY_AFTER)
    try:
        wait = parsedate_to_datetime(asked) - parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, TypeError):
        return None
    return min(max(wait, timedelta()), MAX_RETRY_AFTER)


async def _kept(response: aiohttp.ClientResponse, limit: int) -> Answer:
    kept = bytearray()
    async for chunk in response.content.iter_any():
        kept += chunk
        if len(kept) > limit:
            response.close()  # the rest is not wanted, and the connection is no longer clean
            break
    return Answer(response.status, response.headers, bytes(kept[:limit]), cut=len(kept) > limit)


def _failure(error: Exception) -> Failure:
    cause = getattr(error, "os_error", None)
    if isinstance(cause, Refused):
        return Failure(cause.kind, permanent=True)
    for types, kind in _KINDS:
        if isinstance(error, types):
            return Failure(kind, permanent=kind == "bad_url")
    return Failure(_of_system(error))


def _of_system(error: Exception) -> FailureKind:
    number = getattr(error, "errno", None)
    if number == errno.ECONNREFUSED:
        return "connection_refused"
    reset = isinstance(error.__cause__, ConnectionResetError)  # a kept connection that was closed meanwhile
    if reset or number in (errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED):
        return "connection_reset"
    return "unreachable" if isinstance(error, OSError) else "bad_response"


_KINDS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], FailureKind], ...] = (
    (TimeoutError, "timeout"),
    ((aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError), "bad_url"),
    (aiohttp.ClientConnectorDNSError, "dns"),
    ((aiohttp.ClientSSLError, aiohttp.ServerFingerprintMismatch), "tls"),
    ((aiohttp.ServerDisconnectedError, aiohttp.ClientPayloadError), "connection_reset"),
)
