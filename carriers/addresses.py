"""Which addresses may be asked: where a name leads, and not what it is called, decides."""

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

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
_PUBLIC = IPv6Network("2000::/3")
"""What is given out for the public internet (RFC 4291, 2.4, and IANA's registry). Outside of it are
site-local, IPv4-compatible and IPv4-translated addresses, and NAT64's own prefix (RFC 8215)."""
_NOT_GLOBAL = (IPv4Network("192.0.0.0/24"), IPv6Network("3fff::/20"))
"""For protocols (RFC 6890) and for examples (RFC 9637), which Python may take for public."""


def public_only(address: IPv4Address | IPv6Address) -> bool:
    """Addresses of the public internet alone: no private network, loopback, link or metadata.

    An IPv6 address that leads to one of IPv4 is taken as that.
    """
    found = _inside(address)
    if isinstance(found, IPv6Address) and found not in _PUBLIC:
        return False
    if any(found in network for network in _NOT_GLOBAL):
        return False
    return found.is_global and not found.is_multicast


def _inside(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else address)
