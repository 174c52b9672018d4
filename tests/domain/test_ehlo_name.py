"""The names by which a relay can be greeted, and those that it would refuse."""

import pytest

from newsletter.domain.ehlo_name import address_literal, check_ehlo_name, is_fully_qualified
from tests.cases import for_each


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("mail.example.org", id="a full name"),
        pytest.param("Mail-2.Example.ORG", id="in capitals"),
        pytest.param("xn--nxasmq6b.example", id="of letters beyond ASCII"),
        pytest.param("[192.0.2.1]", id="an address in brackets"),
        pytest.param("[IPv6:2001:db8::1]", id="a longer address in brackets"),
        pytest.param(f"{'a' * 63}.example", id="with the longest label"),
    ],
)
def test_a_relay_can_be_greeted_by_a_full_name_or_an_address(name):
    check_ehlo_name(name)


@for_each(
    "name",
    [
        pytest.param("localhost", id="localhost"),
        pytest.param("LocalHost.localdomain", id="localhost with a domain"),
        pytest.param("box.localdomain", id="a domain that is nobody's"),
        pytest.param("web1", id="without a dot"),
        pytest.param("192.0.2.1", id="an address without brackets"),
        pytest.param("[192.0.2]", id="half an address"),
        pytest.param("[2001:db8::1]", id="a longer address without its tag"),
        pytest.param("[IPv6:192.0.2.1]", id="an address with the wrong tag"),
        pytest.param("news_worker.example.org", id="with an underscore"),
        pytest.param("-a.example.org", id="that begins with a hyphen"),
        pytest.param("mail..example.org", id="with an empty label"),
        pytest.param("mail.example.org.", id="with a dot at its end"),
        pytest.param(f"{'a' * 64}.example", id="with too long a label"),
        pytest.param(".".join(["a" * 50] * 6), id="too long"),
        pytest.param("zeitung.österreich", id="with a letter beyond ASCII"),
        pytest.param("mail.example.org\r\nRSET", id="with a line break"),
        pytest.param("mail.example.org ", id="with a space"),
        pytest.param("", id="nothing"),
    ],
)
def test_any_other_name_is_refused_in_words(name):
    with pytest.raises(ValueError, match=r"full name of this host.*\[192\.0\.2\.1\]"):
        check_ehlo_name(name)
    assert not is_fully_qualified(name)


@pytest.mark.parametrize(
    ("address", "literal"),
    [
        pytest.param("192.0.2.1", "[192.0.2.1]", id="of four numbers"),
        pytest.param("2001:db8::1", "[IPv6:2001:db8::1]", id="of eight"),
        pytest.param("fe80::1%eth0", "[IPv6:fe80::1]", id="with the name of a line"),
        pytest.param("::ffff:192.0.2.1", "[192.0.2.1]", id="of four within eight"),
    ],
)
def test_a_machine_without_a_name_is_greeted_by_its_address(address, literal):
    assert address_literal(address) == literal
    check_ehlo_name(literal)
