"""Web addresses in one spelling: ``https://name[:port][/path][?query]``, and everything else is refused.

Libraries disagree about the other spellings (a user before the name, numbers in octal, backslashes, full-width
letters, a dot at the end). Whoever can write one of them makes the check see one host and the connection another.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_address

MAX_CHARACTERS = 2_000
PORTS = {"http": 80, "https": 443}
"""Where a scheme goes when no port is written."""

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_PLACE = rf"(?P<host>{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[1-9][0-9]{{0,4}}))?"
_HOST_AND_PORT = re.compile(_PLACE)
# What a path and a query may hold: what needs no escape, and escapes.
_ADDRESS = re.compile(rf"(?P<scheme>https?)://{_PLACE}(?P<path>(?:[/?][A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?)")


@dataclass(frozen=True, slots=True)
class WebAddress:
    """Where to send something. ``host`` is in lower case, an IPv6 address without its brackets."""

    scheme: str
    host: str
    port: int
    path: str
    """With its query; begins with a slash."""

    @property
    def place(self) -> str:
        """The host and the port, as they are told: never the path, which may hold a secret of the receiver."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == PORTS[self.scheme] else f"{name}:{self.port}"


def parse(text: str) -> WebAddress:
    """The address that is meant. Raises ``ValueError`` that says what about it can't be."""
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"is longer than {MAX_CHARACTERS} characters")
    found = _ADDRESS.fullmatch(text)
    if found is None:
        raise ValueError("is not written as https://name[:port]/path, in plain letters and without user or fragment")
    host, port = _host(found["host"]), _port(found["port"])
    path = found["path"]
    return WebAddress(
        found["scheme"], host, port or PORTS[found["scheme"]], path if path.startswith("/") else f"/{path}"
    )


def host_and_port(text: str) -> tuple[str, int | None]:
    """``name`` or ``name:port``. Raises ``ValueError`` that says what about it can't be."""
    found = _HOST_AND_PORT.fullmatch(text)
    if found is None:
        raise ValueError("is not written as name or name:port")
    return _host(found["host"]), _port(found["port"])


def _host(text: str) -> str:
    """A name, or an address in the one form in which it is usually written."""
    if text.startswith("["):
        try:
            address = IPv6Address(text[1:-1])
        except AddressValueError:
            raise ValueError("has no IPv6 address between its brackets") from None
        return str(address)
    name = text.lower()
    if len(name) > 253:
        raise ValueError("has a name of more than 253 characters")
    last = name.rpartition(".")[2]
    # Resolvers take names that end in a number for addresses: 2130706433, 0x7f.1, 127.1, 0177.0.0.1.
    if last.isdecimal() or last.startswith("0x"):
        try:
            return str(IPv4Address(name))
        except AddressValueError:
            raise ValueError("has a number for a name that is no IPv4 address as it is usually written") from None
    return name


def _port(text: str | None) -> int | None:
    if text is None:
        return None
    if int(text) > 65_535:
        raise ValueError("has a port above 65535")
    return int(text)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself, as it is written: no name is looked up but ``localhost``."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
