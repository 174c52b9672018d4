"""What one relay of a set cannot take, and which of the others is asked."""

import asyncio

import pytest

from newsletter.domain.delivery.smtp_reply import SmtpStage
from newsletter.errors import RelayRefusesError, UnreachableError
from newsletter.mail.smtp import Envelope, RelaySet, connections, relay_connection, send_all
from tests.mail.smtp.message_sources import FROM, MESSAGE, Letters
from tests.smtp_server import CONNECT, SmtpServer, smtp_server

pytestmark = pytest.mark.servers

SMALL = ("SIZE 20", "8BITMIME", "PIPELINING")
PLAIN = ("SIZE 1000000", "8BITMIME", "PIPELINING")  # takes no address beyond ASCII
ALL = (*PLAIN, "SMTPUTF8")
TOO_LARGE = "552 5.3.4 Message size exceeds fixed limit"


class Mixed(Letters):
    """Each third letter is for an address beyond ASCII."""

    def next_message(self) -> Envelope | None:
        envelope = super().next_message()
        if envelope is None or envelope.key % 3:
            return envelope
        recipient = f"r{envelope.key}-ä@reader.example"
        return Envelope(envelope.key, FROM, recipient, envelope.content)


@pytest.fixture
def server():
    """Makes servers with these extensions."""
    made = []

    def make(extensions: tuple[str, ...]) -> SmtpServer:
        context = smtp_server(extensions=extensions)
        made.append(context)
        return context.__enter__()

    yield make
    for context in made:
        context.__exit__(None, None, None)


def set_of(*servers: SmtpServer, first: str = "?weight=9") -> RelaySet:
    urls = [one.url() for one in servers]
    return RelaySet.parse(" ".join([urls[0] + first, *urls[1:]]))


@pytest.mark.parametrize("count", [1, 4])
def test_a_message_that_is_too_large_for_one_relay_goes_by_the_other(server, count):
    small, large = server(SMALL), server(ALL)
    letters = Letters(20)

    connections(set_of(small, large), letters, count=count)

    assert letters.codes() == [250] * 20
    assert (len(small.messages), len(large.messages)) == (0, 20)
    assert "MAIL" not in small.verbs()


def test_a_size_that_is_told_only_when_asked_counts_as_well(server):
    small, large = server(("PIPELINING",)), server(ALL)
    small.script("MAIL", *[TOO_LARGE] * 9)
    letters = Letters(20)

    connections(set_of(small, large), letters, count=1)

    assert letters.codes() == [250] * 20
    assert not any(message.content for message in small.messages)  # a lone dot, for nobody
    assert len(large.messages) == 20


def test_a_message_that_is_too_large_for_every_relay_is_a_sentence_with_both_numbers(server):
    small, other = server(SMALL), server(("SIZE 21", "PIPELINING"))
    letters = Letters(20)

    with pytest.raises(RelayRefusesError) as error:
        connections(set_of(small, other), letters, count=4)

    size = len(MESSAGE)
    for relay, most in ((small, 20), (other, 21)):
        name = f"127.0.0.1:{relay.port}"
        assert f"has {size} bytes, and the relay {name} takes at most {most} bytes" in str(
            error.value
        )
    assert (letters.told, len(letters.waiting)) == ({}, 20)
    assert "MAIL" not in small.verbs() + other.verbs()


def test_a_relay_that_refuses_the_size_without_a_limit_is_told_in_its_words(server):
    relay = server(("PIPELINING",))
    relay.script("MAIL", *[TOO_LARGE] * 9)
    letters = Letters(20)

    with pytest.raises(RelayRefusesError) as error:
        connections(relay.relays(), letters, count=1)

    assert f"has {len(MESSAGE)} bytes" in str(error.value)
    assert TOO_LARGE in str(error.value)
    assert (letters.told, len(letters.waiting)) == ({}, 20)


def test_too_large_for_one_relay_and_the_other_away_waits_for_that_one(server):
    small, away = server(SMALL), server(ALL)
    away.script(CONNECT, *["421 4.3.2 Later"] * 9)
    letters = Letters(20)

    with pytest.raises(UnreachableError, match=r"421 4\.3\.2 Later"):
        connections(set_of(small, away), letters, count=2)

    assert (letters.told, len(letters.waiting)) == ({}, 20)


@pytest.mark.parametrize("count", [1, 4])
def test_an_address_beyond_ascii_goes_by_the_relay_that_takes_it(server, count):
    plain, wide = server(PLAIN), server(ALL)
    letters = Mixed(30)

    connections(set_of(plain, wide, first="?weight=900"), letters, count=count)

    assert letters.codes() == [250] * 30
    beyond = [one.recipient for one in wide.messages if not one.recipient.isascii()]
    assert len(beyond) == 10
    assert all(one.recipient.isascii() for one in plain.messages)


def test_an_address_beyond_ascii_that_no_relay_takes_fails_in_words_and_the_rest_goes(server):
    letters = Mixed(30)

    connections(set_of(server(PLAIN), server(PLAIN)), letters, count=2)

    failed = {key: one for key, one in letters.told.items() if one.code != 250}
    assert sorted(failed) == list(range(3, 31, 3))
    assert {one.code for one in failed.values()} == {553}
    assert all("no addresses beyond ASCII" in one.text for one in failed.values())


def test_a_relay_that_takes_them_by_its_word_and_not_in_deed_hands_on_too(server):
    liar, wide = server(ALL), server(ALL)
    liar.script("MAIL", "553 5.6.7 Address not permitted")
    letters = Letters(5)

    connections(set_of(liar, wide), letters, count=1)

    assert letters.codes() == [250] * 5
    assert len(wide.messages) == 1


def test_an_address_beyond_ascii_waits_for_the_relay_that_takes_it_and_the_rest_goes(server):
    plain, away = server(PLAIN), server(ALL)
    away.script(CONNECT, *["421 4.3.2 Later"] * 9)
    letters = Mixed(30)

    with pytest.raises(UnreachableError, match=r"421 4\.3\.2 Later"):
        asyncio.run(send_all(set_of(plain, away), letters, count=2))

    assert letters.codes() == [250] * 20
    assert sorted(letters.returns) == list(range(3, 31, 3))


@pytest.mark.parametrize(
    ("extensions", "recipient"),
    [
        pytest.param(PLAIN, "rä@reader.example", id="an address beyond ASCII"),
        pytest.param(SMALL, "r@reader.example", id="a message that is too large"),
    ],
)
def test_a_single_letter_is_offered_to_the_next_relay_too(server, extensions, recipient):
    first, second = server(extensions), server(ALL)

    with relay_connection(set_of(first, second)) as relay:
        assert relay.send(FROM, recipient, MESSAGE).code == 250
        assert relay.send(FROM, "other@reader.example", MESSAGE).code == 250

    assert (len(first.messages), len(second.messages)) == (0, 2)


def test_a_single_letter_that_no_relay_takes_is_refused_in_words(server):
    with relay_connection(set_of(server(PLAIN), server(PLAIN))) as relay:
        reply = relay.send(FROM, "rä@reader.example", MESSAGE)

    assert (reply.code, reply.stage) == (553, SmtpStage.RCPT)
