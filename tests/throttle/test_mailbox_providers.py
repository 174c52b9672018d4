"""Addresses and the providers they belong to."""

import re

import pytest

from newsletter.throttle.mailbox_providers import OTHERS, connection_caps, provider_of, providers


@pytest.mark.parametrize(
    ("domain", "provider"),
    [
        pytest.param("gmail.com", "gmail", id="Gmail"),
        pytest.param("GoogleMail.COM", "gmail", id="in capitals"),
        pytest.param("yahoo.co.uk", "yahoo", id="a country's Yahoo"),
        pytest.param("aol.com", "yahoo", id="AOL is Yahoo's"),
        pytest.param("maktoob.com", "yahoo", id="so is Maktoob"),
        pytest.param("yahoo.co.jp", "yahoo-japan", id="and Yahoo Japan is not"),
        pytest.param("hotmail.fr", "outlook", id="Hotmail is Outlook"),
        pytest.param("msn.com", "outlook", id="MSN too"),
        pytest.param("web.de", "gmx", id="web.de is GMX"),
        pytest.param("wanadoo.fr", "orange", id="Wanadoo is Orange"),
        pytest.param("sbcglobal.net", "att", id="one of AT&T's many"),
        pytest.param("press.example", "press.example", id="unknown: its own"),
        pytest.param("mail.gmail.com", "mail.gmail.com", id="below a known one: its own"),
        pytest.param("пример.example", "пример.example", id="in another script"),
    ],
)
def test_a_domain_belongs_to_its_provider(domain, provider):
    assert provider_of(f"reader@{domain}") == provider


def test_only_what_follows_the_last_at_sign_counts():
    assert provider_of('"a@gmail.com"@press.example') == "press.example"
    assert provider_of("nonsense") == "nonsense"


def test_no_domain_is_listed_twice_and_each_is_one():
    domains = [domain for one in providers().values() for domain in one.domains]

    assert len(domains) == len(set(domains))
    assert [one for one in domains if not re.fullmatch(r"(?:[a-z0-9-]+\.)+[a-z]{2,}", one)] == []


def test_no_provider_is_called_like_a_domain_or_like_the_rest():
    assert [name for name in providers() if "." in name or name in {OTHERS, "*"}] == []


def test_caps_are_of_those_that_have_one():
    caps = connection_caps()

    assert caps["orange"] == 3
    assert "laposte" not in caps
    assert min(caps.values()) > 0
