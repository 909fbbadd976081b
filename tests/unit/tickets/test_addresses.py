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
    # Teredo, whose client (inverted) is 10.0.0.1.
    "2001:0:4136:e378:8000:63bf:f5ff:fffe",
    # Site-local; NAT64 of a network's own; compatible with IPv4, and translated from it.
    *("fec0::1", "fef0::1", "64:ff9b:1::a00:1", "64:ff9b:1::808:808"),
    *("::10.0.0.1", "::8.8.8.8", "::ffff:0:127.0.0.1", "::ffff:0:8.8.8.8"),
    *("100::1", "3fff::1", "5f00::1", "4000::1", "192.0.0.1", "192.0.0.192"),
)


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_refused_in_whatever_form(address: str) -> None:
    """Loopback, networks of a house, metadata of a cloud; also inside an address of IPv6."""
    assert not public_only(ip_address(address))
    assert anywhere(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        *("8.8.8.8", "2a00:1450:4001::1", "2606:4700::1111", "64:ff9b::808:808"),
        *("::ffff:8.8.8.8", "2002:808:808::1", "2001:0:4136:e378:8000:63bf:f7f7:f7f7"),
    ],
)
def test_a_public_address_is_asked(address: str) -> None:
    """As most receivers are."""
    assert public_only(ip_address(address))
