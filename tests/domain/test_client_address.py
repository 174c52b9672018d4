"""Who a reader is behind proxies: the rightmost hop that is none of ours, and no word before it."""

import pytest

from newsletter.domain.client_address import TrustedProxies, network_of
from newsletter.errors import SettingsError
from tests.cases import for_each

PROXIES = TrustedProxies.parse("10.0.0.0/8, 2001:db8:face::/48")
NEAR, FAR = "10.0.0.1", "203.0.113.7"


@for_each(
    ("peer", "headers", "client"),
    [
        pytest.param(FAR, [], FAR, id="no proxy"),
        pytest.param(NEAR, [], NEAR, id="a proxy that says nothing"),
        pytest.param(NEAR, [FAR], FAR, id="one proxy"),
        pytest.param(NEAR, [f"{FAR}, 10.2.3.4"], FAR, id="two proxies"),
        pytest.param(NEAR, [f"{FAR}, 198.51.100.9, 10.2.3.4"], "198.51.100.9", id="made up before"),
        pytest.param(NEAR, ["1.1.1.1", FAR], FAR, id="a header of his own before the proxy's"),
        pytest.param(NEAR, [FAR, "10.2.3.4"], FAR, id="a header from each proxy"),
        pytest.param("198.51.100.9", [FAR], "198.51.100.9", id="a stranger who says something"),
        pytest.param("127.0.0.1", [FAR], "127.0.0.1", id="this machine, when others are named"),
        pytest.param("", [FAR], FAR, id="a socket on the disk"),
        pytest.param("", [], "", id="a socket on the disk, nothing said"),
        pytest.param(NEAR, ["10.9.9.9, 10.2.3.4"], "10.9.9.9", id="a reader within our network"),
        pytest.param(NEAR, [f" {FAR} ,, "], FAR, id="spaces and empty places"),
        pytest.param(NEAR, [f"{FAR}:51413"], FAR, id="a port"),
        pytest.param(NEAR, ["2001:db8::7"], "2001:db8::7", id="IPv6"),
        pytest.param(NEAR, ["[2001:db8::7]"], "2001:db8::7", id="IPv6 in brackets"),
        pytest.param(NEAR, ['"[2001:db8::7]:443"'], "2001:db8::7", id="IPv6, a port, quoted"),
        pytest.param(NEAR, ["2001:0DB8:0:0::7"], "2001:db8::7", id="IPv6 written at length"),
        pytest.param(NEAR, ["fe80::1%eth0"], "fe80::1", id="a zone"),
        pytest.param(NEAR, [f"::ffff:{FAR}"], FAR, id="IPv4 within IPv6"),
        pytest.param(f"::ffff:{NEAR}", [FAR], FAR, id="a proxy's IPv4 within IPv6"),
        pytest.param("2001:db8:face::9", [FAR], FAR, id="a proxy with IPv6"),
        pytest.param(f"::ffff:{FAR}", [], FAR, id="a reader's IPv4 within IPv6"),
        pytest.param(NEAR, ["unknown"], NEAR, id="unknown"),
        pytest.param(NEAR, [f"{FAR}, unknown, 10.2.3.4"], "10.2.3.4", id="unknown in between"),
        pytest.param(NEAR, ["_hidden"], NEAR, id="a made up name"),
        pytest.param(NEAR, ["203.0.113.999"], NEAR, id="no address"),
        pytest.param(NEAR, ["203.0.113.07"], NEAR, id="an octet that may be octal"),
        pytest.param(NEAR, [f"{FAR}:x"], NEAR, id="no port"),
        pytest.param(NEAR, ["[2001:db8::7"], NEAR, id="half a bracket"),
        pytest.param(NEAR, ["<script>"], NEAR, id="what no address is"),
        pytest.param(NEAR, ["\xff\x00"], NEAR, id="bytes"),
    ],
)
def test_the_reader_is_the_rightmost_that_is_no_proxy_of_ours(peer, headers, client):
    assert PROXIES.find_client(peer, headers) == client


@pytest.mark.parametrize("setting", ["", "  ", "127.0.0.1 ::1"])
def test_where_nothing_is_set_a_proxy_on_this_machine_is_trusted(setting):
    proxies = TrustedProxies.parse(setting)

    trusted = [one for one in ("127.0.0.1", "::1", "127.0.0.3", NEAR) if proxies.is_trusted(one)]

    assert trusted == ["127.0.0.1", "::1"]


@pytest.mark.parametrize(
    "setting", ["10.0.0.1 192.0.2.0/24", "10.0.0.1,192.0.2.9/24", "10.0.0.1\n192.0.2.0/24 "]
)
def test_proxies_stand_with_spaces_or_commas_between_them(setting):
    proxies = TrustedProxies.parse(setting)

    assert [str(network) for network in proxies.networks] == ["10.0.0.1/32", "192.0.2.0/24"]


@pytest.mark.parametrize(
    "setting", ["nginx", "10.0.0.1:80", "10.0.0.0/33", "10.0.0.256", "*", "all"]
)
def test_what_is_no_address_is_told_with_the_setting(setting):
    with pytest.raises(SettingsError, match=r"NEWSLETTER_TRUSTED_PROXIES has .* no address"):
        TrustedProxies.parse(f"10.0.0.1 {setting}")


@pytest.mark.parametrize("setting", ["0.0.0.0/0", "::/0"])
def test_all_the_world_is_no_proxy(setting):
    with pytest.raises(SettingsError, match="all the world"):
        TrustedProxies.parse(setting)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        pytest.param(FAR, FAR, id="IPv4"),
        pytest.param(f"::ffff:{FAR}", FAR, id="IPv4 within IPv6"),
        pytest.param("2001:db8:1:2:a:b:c:d", "2001:db8:1:2::/64", id="IPv6"),
        pytest.param("2001:db8:1:2::", "2001:db8:1:2::/64", id="the first of its network"),
        pytest.param("fe80::1%eth0", "fe80::/64", id="a zone"),
        pytest.param("", "", id="nobody"),
        pytest.param("testclient", "testclient", id="no address"),
    ],
)
def test_an_address_of_ipv6_counts_as_its_network(address, network):
    assert network_of(address) == network
