"""How we greet a relay, and what becomes of a run that it does not let in."""

import logging
import socket

import pytest

from newsletter.domain.ehlo_name import is_address_literal, is_fully_qualified
from newsletter.errors import RelayRefusesError, UnreachableError
from newsletter.mail.smtp import connections, handshake, relay_connection
from tests.mail.smtp.message_sources import Letters
from tests.smtp_server import CONNECT, OFFERED, Say, SmtpServer, smtp_server

pytestmark = pytest.mark.servers

NAME = "mail.example.org"
FULL = "504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname"
CLOSING = "421 4.7.0 Try again later, closing connection"


@pytest.fixture
def relay():
    with smtp_server(extensions=(*OFFERED, "PIPELINING")) as server:
        yield server


@pytest.fixture
def named(monkeypatch):
    """Gives this host a name, and what the DNS makes of it."""

    def name(own: str, full: str) -> None:
        monkeypatch.setattr(socket, "gethostname", lambda: own)
        monkeypatch.setattr(socket, "getfqdn", lambda _name="": full)
        handshake.host_name.cache_clear()

    yield name
    handshake.host_name.cache_clear()


def greeted(server: SmtpServer) -> str:
    """The name by which the server is greeted."""
    with relay_connection(server.relays()):
        return server.commands[0].removeprefix("EHLO ")


@pytest.mark.parametrize(
    ("own", "full", "greeting_name"),
    [
        pytest.param(NAME, "other.example", NAME, id="that has a full name"),
        pytest.param("web1", NAME, NAME, id="whose full name the DNS knows"),
        pytest.param("web1", f"{NAME}.", NAME, id="whose full name ends with a dot"),
        pytest.param("web1", "web1", "[127.0.0.1]", id="that has no full name"),
        pytest.param("localhost", "localhost.localdomain", "[127.0.0.1]", id="named localhost"),
        pytest.param("news_worker_1", "news_worker_1", "[127.0.0.1]", id="of a container"),
        pytest.param("a_b.example.org", "a_b.example.org", "[127.0.0.1]", id="of a wrong name"),
    ],
)
def test_a_relay_is_greeted_by_the_name_of_a_host(relay, named, own, full, greeting_name):
    named(own, full)

    assert greeted(relay) == greeting_name


def test_the_name_that_is_set_counts(relay):
    relays = relay.relays().greeted_as(NAME)

    with relay_connection(relays):
        assert relay.commands[0] == f"EHLO {NAME}"


def test_a_relay_that_refuses_localhost_lets_us_in(relay):
    said = greeted(relay)

    assert is_fully_qualified(said) or is_address_literal(said)


@pytest.mark.parametrize("extensions", [OFFERED, ()])
def test_a_relay_from_before_ehlo_is_greeted_by_helo(extensions):
    with smtp_server(extensions=extensions) as server:
        server.script("EHLO", "502 5.5.1 What?")
        letters = Letters(3)
        connections(server.relays().greeted_as(NAME), letters, count=1)

    assert letters.codes() == [250] * 3
    assert server.commands[:2] == [f"EHLO {NAME}", f"HELO {NAME}"]


@pytest.mark.parametrize(
    ("script", "words"),
    [
        pytest.param({"EHLO": [FULL], "HELO": [FULL]}, [FULL, "NEWSLETTER_EHLO_NAME"], id="name"),
        pytest.param(
            {"EHLO": ["500 What?"], "HELO": ["501 5.0.0 Bad name"]},
            ["501 5.0.0 Bad name", "NEWSLETTER_EHLO_NAME"],
            id="name in HELO",
        ),
        pytest.param(
            {"EHLO": [Say("550 5.7.1 Go away", hangs_up=True)]},
            ["550 5.7.1 Go away", "NEWSLETTER_EHLO_NAME"],
            id="name, and hangs up",
        ),
        pytest.param(
            {"EHLO": ["550 5.7.1 You are on a list"], "HELO": ["503 5.5.1 Again?"]},
            ["550 5.7.1 You are on a list"],
            id="name, and does not want another",
        ),
        pytest.param(
            {CONNECT: ["554-5.7.1 Blocked\r\n554 5.7.1 by a list"]},
            ["554 5.7.1 Blocked by a list", "NEWSLETTER_SMTP_URL"],
            id="address, before anything is said",
        ),
    ],
)
def test_a_relay_that_refuses_our_name_or_address_has_sent_nothing_and_says_why(
    relay, script, words
):
    for command, answers in script.items():
        relay.script(command, *answers)
    letters = Letters(20)

    with pytest.raises(RelayRefusesError) as error:
        connections(relay.relays(), letters, count=4)

    assert all(word in str(error.value) for word in words)
    assert f"The relay 127.0.0.1:{relay.port} refuses us" in str(error.value)
    assert (relay.connections, letters.told, len(letters.waiting)) == (1, {}, 20)


@pytest.mark.parametrize(
    ("command", "answer", "words"),
    [
        pytest.param("EHLO", Say(CLOSING, hangs_up=True), f"it says {CLOSING} to EHLO", id="EHLO"),
        pytest.param("EHLO", CLOSING, f"it says {CLOSING} to EHLO", id="EHLO, and stays"),
        pytest.param("EHLO", "451 4.3.0 Later", "it says 451 4.3.0 Later to EHLO", id="451"),
        pytest.param(CONNECT, Say(CLOSING, hangs_up=True), f"it says {CLOSING}", id="nothing yet"),
        pytest.param("MAIL", Say(CLOSING, hangs_up=True), CLOSING, id="the first MAIL"),
    ],
)
def test_a_relay_that_puts_us_off_is_left_alone_and_its_words_are_shown(
    relay, caplog, command, answer, words
):
    caplog.set_level(logging.DEBUG)  # the run says it at a higher one, once for all relays
    relay.script(command, answer)
    letters = Letters(20)

    with pytest.raises(UnreachableError) as error:
        connections(relay.relays(), letters, count=1)

    assert words in str(error.value)
    assert words in caplog.text
    assert (letters.told, len(letters.waiting)) == ({}, 20)


def test_no_address_in_a_relay_s_words_stands_in_the_log(relay, caplog):
    caplog.set_level(logging.DEBUG)
    relay.script(CONNECT, "421 4.7.0 ask amal@example.org, or <postmaster@relay.example>")

    with pytest.raises(UnreachableError, match=r"amal@example\.org"):
        connections(relay.relays(), Letters(2), count=1)

    assert "ask (an address), or <(an address)>" in caplog.text
    assert "@" not in caplog.text


def test_a_letter_says_why_it_could_not_be_handed_over(relay):
    relay.script("EHLO", FULL)
    relay.script("HELO", FULL)

    with (
        pytest.raises(RelayRefusesError, match="need fully-qualified hostname"),
        relay_connection(relay.relays()),
    ):
        pass
