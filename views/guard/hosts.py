"""Whom a request came to and from: hosts that are ours, and proxies whose word counts.

Answers only under our own names, so that nobody's page can be made to point here (DNS rebinding).
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import InvalidInput
from app.settings import Network, Settings
from views.guard.raw import drop, only, values

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
# A probe of a container platform knows the address and no name. What it is told depends on neither.
PROBES: Final = ("/livez", "/readyz", "/healthz")
FORWARDED: Final = (b"forwarded", b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-real-ip")


def is_trusted(address: str | None, proxies: Sequence[Network]) -> bool:
    """Whether an address is that of one of our proxies."""
    parsed = _address(address or "")
    return parsed is not None and any(parsed in network for network in proxies)


def peer(scope: Scope) -> str | None:
    """The address at the other end of the connection; None on a unix socket."""
    return scope["client"][0] if scope.get("client") else None


class Hosts:
    """Refuses requests to hosts that are not ours, and takes the sender and scheme that a proxy names."""

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        self.app = app
        own = _name(urlsplit(settings.base_url).netloc)
        self._allowed = LOOPBACK | {own} | {_name(name) for name in settings.allowed_hosts}
        self._proxies = settings.trusted_proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request pass if it came to one of our hosts.

        Raises: InvalidInput.
        """
        if scope["type"] == "http":
            self._demand_own_host(scope)
            self._take_forwarded(scope)
        await self.app(scope, receive, send)

    def _demand_own_host(self, scope: Scope) -> None:
        host = only(scope, b"host")
        if scope["path"] in PROBES:
            return
        if host is None or _name(host) not in self._allowed:
            raise InvalidInput(
                "This host name is not Opsbook's. Use the address in OPSBOOK_BASE_URL,"
                " or add the name to OPSBOOK_ALLOWED_HOSTS.",
                path=("host",),
            )

    def _take_forwarded(self, scope: Scope) -> None:
        if is_trusted(peer(scope), self._proxies):
            sender = self._sender(scope)
            if sender is not None:
                scope["client"] = (sender, 0)
            if values(scope, b"x-forwarded-proto")[-1:] in (["http"], ["https"]):
                scope["scheme"] = values(scope, b"x-forwarded-proto")[-1]
        # Where the proxy is not one of ours, that there is one is all that is known of the sender.
        scope.setdefault("state", {})["was_forwarded"] = any(values(scope, name) for name in FORWARDED)
        drop(scope, *FORWARDED)

    def _sender(self, scope: Scope) -> str | None:
        # From the right: each proxy of ours appends whom it heard from; what is left of that is hearsay.
        hops = ",".join(values(scope, b"x-forwarded-for")).split(",")
        theirs = (hop.strip() for hop in reversed(hops) if not is_trusted(hop.strip(), self._proxies))
        sender = _address(next(theirs, ""))
        return str(sender) if sender else None


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _name(host: str) -> str:
    name, colon, port = host.lower().rpartition(":")
    return name if colon and port.isascii() and port.isdigit() else host.lower()
