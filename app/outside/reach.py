"""What may be reached on behalf of somebody who is not the operator of Opsbook.

Whoever enters an address decides what its name resolves to, and may decide anew between two look-ups.
So the last word is spoken over the address that is dialled; see decision 15.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address

from yarl import URL

from app.outside.http import RefusedKind
from app.outside.networks import Address, is_public, unmapped
from app.settings import Network

SCHEMES = ("http", "https")
PORTS = (80, 443)
NAME = re.compile(r"(?=.{1,254}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?", re.ASCII | re.IGNORECASE)

# Name servers never see a last label like these; `getaddrinfo` reads them as IPv4 in octal, hex or short.
NUMBER = re.compile(r"(.*\.)?(\d+|0x[0-9a-f]*)\.?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reach:
    """The public internet on the web's ports, and on any port the networks that the operator allowed."""

    allowed: tuple[Network, ...] = ()

    def refuses(self, url: str) -> RefusedKind | None:
        """Say what is wrong with a URL as it was entered. A name is judged later, when it is dialled."""
        try:
            parts = URL(url)  # reads a URL as aiohttp does: two readers may see two hosts
            host, port = parts.raw_host or "", parts.port or 0
        except ValueError:
            return "bad_url"
        return _refused_form(parts, host) or self._refused_host(host, port)

    def refuses_dial(self, address: str, port: int) -> RefusedKind | None:
        """Judge what is about to be dialled, the port first: it gives away nothing of the name."""
        found = _read(address)
        if found and any(found in network for network in self.allowed):
            return None
        if port not in PORTS:
            return "blocked_port"
        return None if found and is_public(found) else "blocked_address"

    def _refused_host(self, host: str, port: int) -> RefusedKind | None:
        if ":" in host or NUMBER.fullmatch(host):
            return self.refuses_dial(host, port)
        if not NAME.fullmatch(host):
            return "bad_url"
        return None if port in PORTS or self.allowed else "blocked_port"


def _refused_form(parts: URL, host: str) -> RefusedKind | None:
    if not parts.scheme or not host:
        return "bad_url"
    if parts.scheme not in SCHEMES:
        return "blocked_scheme"
    return "blocked_userinfo" if "@" in parts.raw_authority else None


def _read(address: str) -> Address | None:
    """Read an address in its one usual spelling; one with a zone leads to a neighbour, so it is none."""
    try:
        found = ip_address(address)
    except ValueError:
        return None
    return None if "%" in address else unmapped(found)
