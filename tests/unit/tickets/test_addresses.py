"""Where a destination's name may lead: to public addresses, unless a city says otherwise."""

from ipaddress import ip_address

import pytest

from carriers.addresses import anywhere, public_only

PRIVATE = (
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
    *("0.0.0.0", "224.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.2.1"),
    *("::1", "::", "fe80::1", "fc00::1", "ff02::1", "2001:db8::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"),
    *("2002:7f00:1::", "2002:a00:1::1"),
)


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_refused_in_whatever_form(address: str) -> None:
    """Loopback, networks of a house, metadata of a cloud; also inside an address of IPv6."""
    assert not public_only(ip_address(address))
    assert anywhere(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "2a00:1450:4001::1", "64:ff9b::808:808"])
def test_a_public_address_is_asked(address: str) -> None:
    """As most receivers are."""
    assert public_only(ip_address(address))
