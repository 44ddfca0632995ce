"""Which addresses belong to the public internet, and not to a network's own inside.

Python's `is_global` does not suffice: it calls 6to4, NAT64, multicast and other ways inside public.
Source: the IANA special-purpose address registries for IPv4 and IPv6; RFC 4291 for what is not in them.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address

SPECIAL_V4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this host: Linux connects it to loopback
            "10.0.0.0/8",
            "100.64.0.0/10",  # behind a carrier's NAT; Alibaba's metadata
            "127.0.0.0/8",
            "168.63.129.16/32",  # looks public, and is Azure's platform seen from its machines
            "169.254.0.0/16",  # link-local; the metadata of most clouds
            "172.16.0.0/12",
            "192.0.0.0/24",  # protocol assignments; Oracle's metadata
            "192.0.2.0/24",  # documentation
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # AMT
            "192.88.99.0/24",  # 6to4 relays
            "192.168.0.0/16",
            "192.175.48.0/24",  # AS112
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)

# Outside it are loopback, link-local, private, site-local, multicast, NAT64 and IPv4 in its old disguise.
UNICAST_V6 = IPv6Network("2000::/3")
SPECIAL_V6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments; Teredo carries an IPv4 address
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4 carries an IPv4 address
            "2620:4f:8000::/48",  # AS112
            "3fff::/20",  # documentation
        ),
    )
)


def is_public(address: Address) -> bool:
    """Tell whether `address` leads to the public internet. An IPv4 address in IPv6 form is judged as such."""
    address = unmapped(address)
    if isinstance(address, IPv4Address):
        return not any(address in network for network in SPECIAL_V4)
    return address in UNICAST_V6 and not any(address in network for network in SPECIAL_V6)


def unmapped(address: Address) -> Address:
    """Take the IPv4 address out of `::ffff:192.0.2.1`: the system dials it as IPv4."""
    return getattr(address, "ipv4_mapped", None) or address
