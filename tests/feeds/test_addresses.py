"""Which addresses a feed may lead us to, and which links a reader could follow."""

import pytest

from newsletter.feeds.addresses import is_allowed, web_url


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("10.0.0.1", id="private"),
        pytest.param("192.168.1.1", id="private, at home"),
        pytest.param("100.64.0.1", id="shared by a carrier"),
        pytest.param("169.254.169.254", id="link-local, a cloud's metadata"),
        pytest.param("0.0.0.0", id="this host"),
        pytest.param("224.0.0.1", id="multicast"),
        pytest.param("255.255.255.255", id="broadcast"),
        pytest.param("127.0.0.1", id="loopback"),
        pytest.param("::1", id="loopback in IPv6"),
        pytest.param("fe80::1%eth0", id="link-local in IPv6"),
        pytest.param("fd00::1", id="private in IPv6"),
        pytest.param("::ffff:10.0.0.1", id="mapped"),
        pytest.param("::10.0.0.1", id="compatible"),
        pytest.param("64:ff9b::10.0.0.1", id="behind NAT64"),
        pytest.param("64:ff9b:1::10.0.0.1", id="behind a local NAT64"),
        pytest.param("2002:a00:1::", id="behind 6to4"),
    ],
)
def test_no_fetch_goes_inside(address):
    assert not is_allowed(address, allow_loopback=False)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "64:ff9b::8.8.8.8"])
def test_a_public_address_is_open(address):
    assert is_allowed(address, allow_loopback=False)


def test_the_setting_opens_loopback_and_nothing_else():
    assert is_allowed("127.0.0.1", allow_loopback=True)
    assert not is_allowed("10.0.0.1", allow_loopback=True)


BASE = "https://post.example/world/feed.xml"


@pytest.mark.parametrize(
    ("written", "absolute"),
    [
        pytest.param("https://a.example/1", "https://a.example/1", id="absolute"),
        pytest.param("/a", "https://post.example/a", id="from the root"),
        pytest.param("a", "https://post.example/world/a", id="relative"),
        pytest.param("//b.example/a", "https://b.example/a", id="without a scheme"),
        pytest.param(" https://a.example/\n1 ", "https://a.example/1", id="broken by white space"),
        pytest.param("https://a.example/خبر", "https://a.example/خبر", id="Arabic letters"),
        pytest.param("/\u202eab", "https://post.example/%E2%80%AEab", id="bidi override escaped"),
        pytest.param("/a\ud800", "https://post.example/a", id="half a surrogate pair dropped"),
    ],
)
def test_a_link_becomes_absolute(written, absolute):
    assert web_url(written, base=BASE) == absolute


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("", id="nothing"),
        pytest.param("javascript:alert(1)", id="script"),
        pytest.param("java\nscript:alert(1)", id="script in two lines"),
        pytest.param("data:text/html,x", id="data"),
        pytest.param("mailto:a@b.example", id="mail"),
        pytest.param("https://nodots/", id="a host inside"),
        pytest.param("https://a.example:99999/", id="no such port"),
        pytest.param("http://[::1", id="a bracket missing"),
        pytest.param("https://a\u202e.example/", id="a host that cannot be seen"),
        pytest.param("https://a.example/" + "x" * 2_000, id="too long"),
    ],
)
def test_what_no_reader_could_follow_is_no_link(written):
    assert web_url(written, base=BASE) == ""
