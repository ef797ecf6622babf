"""Which addresses may be told something: those of the public internet, and private ones where the operator says so.

An allow list for IPv6: of everything outside ``2000::/3`` nothing is public, so that the many ways of writing an IPv4
address inside an IPv6 one (mapped, compatible, NAT64) are refused without being named. Those within it are named.
See the IANA registries of special-purpose addresses.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address

PRIVATE = tuple(
    [IPv4Network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "100.64.0.0/10")]
    + [IPv6Network(each) for each in ("::1/128", "fc00::/7")]
)
"""This machine, private networks, and those behind a carrier's NAT."""
NEVER = tuple(
    [
        IPv4Network(each)
        for each in (
            "0.0.0.0/8",  # this network; Linux takes it for this machine
            "169.254.0.0/16",  # link-local, where clouds keep the secrets of their machines
            "192.0.0.0/24",  # protocols
            "192.0.2.0/24",  # documentation
            "192.88.99.0/24",  # relays of 6to4
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        )
    ]
    + [
        IPv6Network(each)
        for each in (
            "2001::/23",  # Teredo and other protocols
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4
            "3ffe::/16",  # a test network of old
            "3fff::/20",  # documentation
        )
    ]
)
PUBLIC_IPV6 = IPv6Network("2000::/3")


def is_private(address: Address) -> bool:
    """Of this machine or of a private network."""
    return any(address in network for network in PRIVATE)


def refusal(address: Address, *, private: bool) -> str | None:
    """Why nothing may be sent to it; None when it may. ``private``: private addresses may be used, too."""
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return "belongs to one link"
    if is_private(address):
        return None if private else "is of this machine or of a private network"
    if any(address in network for network in NEVER):
        return "is none of the public internet"
    if isinstance(address, IPv6Address) and address not in PUBLIC_IPV6:
        return "is none of the public internet"
    return None
