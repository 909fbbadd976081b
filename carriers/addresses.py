"""Which addresses may be asked: where a name leads, and not what it is called, decides."""

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network

Admits = Callable[[IPv4Address | IPv6Address], bool]
"""Whether an address may be asked."""


def anywhere(_address: IPv4Address | IPv6Address) -> bool:
    """Every address: where the configuration says so."""
    return True


def loopback_only(address: IPv4Address | IPv6Address) -> bool:
    """This machine alone: for what is said in the clear."""
    return address.is_loopback


_NAT64 = IPv6Network("64:ff9b::/96")
"""Behind its last 32 bits an address of IPv4 is reached (RFC 6052, 2.1)."""


def public_only(address: IPv4Address | IPv6Address) -> bool:
    """Addresses of the public internet alone: no private network, loopback, link or metadata.

    An IPv6 address that leads to one of IPv4 is taken as that.
    """
    found = _inside(address)
    return found.is_global and not found.is_multicast


def _inside(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else address)
