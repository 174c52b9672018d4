"""A sender that nobody can answer is noticed before strangers are mailed."""

from dataclasses import replace

import pytest

from newsletter.domain.newsletter import Newsletter
from newsletter.domain.sender import impossible_sender, is_loopback, is_reserved, missing_address
from tests.cases import for_each

GOOD = Newsletter(
    id=1,
    slug="evening",
    name="The Evening",
    sender_address="brief@harbour-times.press",
    postal_address="7 Harbour Lane",
)


@for_each(
    "domain",
    [
        "newsletter.example",
        "EXAMPLE",
        "a.b.invalid",
        "mail.test",
        "localhost",
        "mail.localhost",
        "server",
        "printer.local",
        "db.internal",
        "example.org",
        "news.example.com",
        "example.net.",
        "[192.0.2.1]",
    ],
)
def test_a_domain_that_nobody_can_have_is_reserved(domain: str) -> None:
    assert is_reserved(domain)


@pytest.mark.parametrize(
    "domain", ["harbour-times.press", "myexample.org", "example.org.uk", "test.com", "local.news"]
)
def test_a_domain_that_somebody_may_have_is_not(domain: str) -> None:
    assert not is_reserved(domain)


def test_what_is_missing_is_said_with_the_command_that_sets_it() -> None:
    bad = replace(GOOD, sender_address="evening@newsletter.example", postal_address=" ")

    assert "evening@newsletter.example" in impossible_sender(bad)
    assert "newsletter init --slug evening --sender" in impossible_sender(bad)
    assert "newsletter init --slug evening --postal-address" in missing_address(bad)
    assert (impossible_sender(GOOD), missing_address(GOOD)) == ("", "")


@pytest.mark.parametrize(
    ("host", "is_here"),
    [
        pytest.param("127.0.0.1", True, id="IPv4"),
        pytest.param("127.8.8.8", True, id="the whole of 127/8"),
        pytest.param("::1", True, id="IPv6"),
        pytest.param("localhost", True, id="localhost"),
        pytest.param("mailpit", False, id="a container"),
        pytest.param("192.0.2.1", False, id="another machine"),
        pytest.param("relay.example.org", False, id="a name"),
    ],
)
def test_a_relay_on_this_machine_counts_as_a_catcher(host, is_here) -> None:
    assert is_loopback(host) is is_here
