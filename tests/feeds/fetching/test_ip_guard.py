"""Which IP addresses a feed may lead us to, by our own table."""

import ipaddress

import pytest

from newsletter.feeds.fetching.ip_guard import is_allowed
from tests.cases import for_each

# The first and the last address of each network, and what is right outside of it.
INSIDE = [
    pytest.param("0.0.0.0", "0.255.255.255", id="this host"),
    pytest.param("10.0.0.0", "10.255.255.255", id="private, ten"),
    pytest.param("100.64.0.0", "100.127.255.255", id="shared by a carrier"),
    pytest.param("127.0.0.0", "127.255.255.255", id="loopback"),
    pytest.param("168.63.129.16", "168.63.129.16", id="Azure's own"),
    pytest.param("169.254.0.0", "169.254.255.255", id="link-local"),
    pytest.param("172.16.0.0", "172.31.255.255", id="private, 172"),
    pytest.param("192.0.0.0", "192.0.0.255", id="protocol assignments"),
    pytest.param("192.0.2.0", "192.0.2.255", id="documentation"),
    pytest.param("192.88.99.0", "192.88.99.255", id="6to4 relays"),
    pytest.param("192.168.0.0", "192.168.255.255", id="private, at home"),
    pytest.param("198.18.0.0", "198.19.255.255", id="benchmarks"),
    pytest.param("198.51.100.0", "198.51.100.255", id="documentation, 198"),
    pytest.param("203.0.113.0", "203.0.113.255", id="documentation, 203"),
    pytest.param("224.0.0.0", "255.255.255.255", id="multicast, reserved, broadcast"),
    pytest.param("::", "::1", id="unspecified and loopback in IPv6"),
    pytest.param("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", id="local NAT64"),
    pytest.param("100::", "100::1:ffff:ffff:ffff:ffff", id="discarded, dummy"),
    pytest.param("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", id="Teredo and its kind"),
    pytest.param(
        "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", id="documentation in IPv6"
    ),
    pytest.param("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", id="documentation, newer"),
    pytest.param("5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", id="segment routing"),
    pytest.param("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", id="unique local"),
    pytest.param("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", id="link-local in IPv6"),
    pytest.param("fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", id="site-local"),
    pytest.param("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", id="multicast in IPv6"),
    pytest.param("4000::", "5eff::", id="not handed out"),
]


@for_each(("first", "last"), INSIDE)
def test_no_fetch_goes_inside(first, last):
    assert not is_allowed(first, allow_loopback=False)
    assert not is_allowed(last, allow_loopback=False)


INNER = ["10.0.0.1", "127.0.0.1", "169.254.169.254", "192.0.0.8", "168.63.129.16", "0.0.0.0"]


@for_each("inner", INNER)
@for_each(
    ("network", "end"),
    [
        pytest.param("::ffff:0:0", 0, id="mapped"),
        pytest.param("::", 0, id="compatible"),
        pytest.param("::ffff:0:0:0", 0, id="translated"),
        pytest.param("64:ff9b::", 0, id="NAT64"),
        pytest.param("64:ff9b:1::", 0, id="local NAT64"),
        pytest.param("2002::", 80, id="6to4"),
        pytest.param("2001::", 64, id="Teredo's server"),
        pytest.param("2606:4700::5efe:0:0", 0, id="ISATAP"),
    ],
)
def test_an_address_in_the_clothes_of_another_goes_no_further(inner, network, end):
    dressed = int(ipaddress.IPv6Address(network)) + (int(ipaddress.IPv4Address(inner)) << end)

    assert not is_allowed(str(ipaddress.IPv6Address(dressed)), allow_loopback=False)


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("fe80::1%eth0", id="link-local with its scope"),
        pytest.param("2606:4700::1111%1", id="a public one with a scope"),
        pytest.param("localhost", id="a name"),
        pytest.param("", id="nothing"),
        pytest.param("10.1", id="short"),
        pytest.param("0x7f000001", id="hexadecimal"),
    ],
)
def test_what_is_no_plain_address_is_refused(address):
    assert not is_allowed(address, allow_loopback=True)


@for_each(
    "address",
    [
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "93.184.216.34",
        "100.63.255.255",
        "100.128.0.0",
        "168.63.129.15",
        "172.32.0.0",
        "192.0.1.1",
        "192.0.3.1",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "::ffff:1.1.1.1",
        "64:ff9b::8.8.8.8",
        "2002:808:808::1",
        "2001:200::1",
        "2606:4700::1111",
        "2a00:1450:4001::1",
        "3ffe:ffff::1",
    ],
)
def test_a_public_address_is_open(address):
    assert is_allowed(address, allow_loopback=False)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_the_setting_opens_loopback(address):
    assert is_allowed(address, allow_loopback=True)


@pytest.mark.parametrize("address", ["10.0.0.1", "0.0.0.0", "::", "64:ff9b::127.0.0.1"])
def test_the_setting_opens_nothing_else(address):
    assert not is_allowed(address, allow_loopback=True)
