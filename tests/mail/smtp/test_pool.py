"""Many messages over some connections, to one relay or several, some of which fail."""

import asyncio
import logging

import pytest

from newsletter.domain.delivery.smtp_reply import Reply, SmtpStage
from newsletter.errors import SettingsError, UnreachableError
from newsletter.mail.smtp import Envelope, RelayPool, RelaySet, Timeouts, connections, send_all
from tests.mail.smtp.message_sources import Letters
from tests.smtp_server import CONNECT, DOT, HANG_UP, OFFERED, SILENCE, Say, SmtpServer, smtp_server

pytestmark = pytest.mark.servers

PATIENT = Timeouts(greeting_s=60)


@pytest.fixture
def relay():
    with smtp_server(extensions=(*OFFERED, "PIPELINING")) as server:
        yield server


@pytest.fixture
def other():
    with smtp_server(extensions=(*OFFERED, "PIPELINING")) as server:
        yield server


def both(first: SmtpServer, second: SmtpServer, options: str = "") -> RelaySet:
    return RelaySet.parse(f"{first.url()}{options} {second.url()}")


def recipients(*servers: SmtpServer) -> list[int]:
    """The numbers of the letters that they have, in order."""
    said = [one.recipient for server in servers for one in server.messages]
    return sorted(int(line.partition("<r")[2].partition("@")[0]) for line in said)


@pytest.mark.parametrize("count", [1, 5])
def test_every_letter_arrives_once(relay, count):
    letters = Letters(60)

    connections(relay.relays(), letters, count=count)

    assert letters.codes() == [250] * 60
    assert recipients(relay) == list(range(1, 61))
    assert relay.connections <= count
    assert relay.verbs().count("QUIT") == relay.connections


def test_two_relays_share_the_letters(relay, other):
    letters = Letters(300)

    connections(both(relay, other), letters, count=4)

    assert recipients(relay, other) == list(range(1, 301))
    assert relay.messages
    assert other.messages


def test_a_relay_that_is_not_there_is_replaced_by_the_other(relay, other, caplog):
    relay.close()
    letters = Letters(20)

    with caplog.at_level(logging.WARNING):
        connections(both(relay, other, "?weight=9"), letters, count=4)

    assert letters.codes() == [250] * 20
    assert recipients(other) == list(range(1, 21))
    assert f"The relay 127.0.0.1:{relay.port} is left alone for 5 s: Connection refused" in (
        caplog.text
    )


def test_a_relay_that_fails_in_one_run_is_left_alone_in_the_next(relay, other):
    relay.script(CONNECT, "554 5.3.2 Not today")
    relays = both(relay, other)
    standings = RelayPool(relays)
    for _ in range(2):
        asyncio.run(send_all(relays, Letters(5), count=2, standings=standings))

    assert relay.connections == 1
    assert len(other.messages) == 10


def test_when_a_connection_breaks_one_letter_is_in_doubt_and_the_rest_goes_elsewhere(relay, other):
    relay.script(DOT, HANG_UP)
    relay.script(CONNECT, "220 relay.example", "554 5.3.2 Not today")
    letters = Letters(20)

    connections(both(relay, other, "?weight=9"), letters, count=1)

    doubted = [key for key, reply in letters.told.items() if reply.code == 0]
    assert [(key, letters.told[key].stage) for key in doubted] == [(1, SmtpStage.END_OF_DATA)]
    assert sorted(letters.codes())[1:] == [250] * 19
    assert recipients(other) == list(range(2, 21))


def test_a_relay_that_refuses_our_password_is_out_and_the_other_goes_on(other, caplog):
    with smtp_server(extensions=("AUTH PLAIN",)) as server:
        server.script("AUTH", *["535 5.7.8 Wrong"] * 9)
        relays = RelaySet.parse(f"{server.url(login='news:hush')}?weight=9 {other.url()}")
        letters = Letters(20)
        connections(relays, letters, count=4)

    assert server.connections == 1
    assert recipients(other) == list(range(1, 21))
    assert "NEWSLETTER_SMTP_URL (535). It says: 5.7.8 Wrong. It is asked again after a minute" in (
        caplog.text
    )


def test_a_relay_whose_password_is_mended_is_used_again(other, caplog):
    with smtp_server(extensions=("AUTH PLAIN",)) as server:
        server.script("AUTH", *["535 5.7.8 Wrong"] * 2)
        relays = RelaySet.parse(f"{server.url(login='news:hush')}?weight=9 {other.url()}")
        standings = RelayPool(relays)
        with caplog.at_level(logging.INFO):
            for _ in range(3):
                letters = Letters(20)
                asyncio.run(send_all(relays, letters, count=1, standings=standings))
                assert letters.codes() == [250] * 20
                for standing in standings:
                    standing.cooldown_until = 0  # as when the time has passed

    assert (server.connections, len(server.messages)) == (3, 20)
    assert caplog.text.count("refuses the user and password") == 1
    assert f"The relay 127.0.0.1:{server.port} lets us in again." in caplog.text


def test_the_only_relay_that_refuses_our_password_is_a_wrong_setting():
    with smtp_server(extensions=("AUTH PLAIN",)) as server:
        server.script("AUTH", "535 5.7.8 Wrong")
        letters = Letters(20)
        with pytest.raises(SettingsError, match=r"NEWSLETTER_SMTP_URL \(535\)"):
            connections(server.relays(login="news:hush"), letters, count=4)

    assert letters.told == {}
    assert len(letters.waiting) == 20


def test_when_every_relay_is_away_each_is_named_and_nothing_is_lost(relay, other):
    relay.script(CONNECT, *["554 5.3.2 Not today"] * 9)
    other.script(CONNECT, *[HANG_UP] * 9)
    letters = Letters(20)

    with pytest.raises(UnreachableError) as error:
        connections(both(relay, other), letters, count=4)

    assert f"127.0.0.1:{relay.port} (it says 554 5.3.2 Not today)" in str(error.value)
    assert f"127.0.0.1:{other.port} (The connection broke" in str(error.value)
    assert len(letters.waiting) == 20


def test_a_connection_is_renewed_after_so_many_messages(relay):
    letters = Letters(10)

    connections(relay.relays(options="?messages=3"), letters, count=1)

    assert letters.codes() == [250] * 10
    assert relay.connections == 4
    assert relay.verbs().count("QUIT") == 4


def test_a_relay_is_given_no_more_connections_than_the_setting_says(relay):
    connections(relay.relays(options="?connections=2"), Letters(200), count=8)

    assert relay.connections == 2


def test_a_relay_that_takes_only_so_many_a_connection_blames_no_letter(relay):
    for _ in range(3):
        relay.script("MAIL", *["250 2.1.0 Ok"] * 4, Say("421 4.7.0 Enough", hangs_up=True))
    letters = Letters(20)

    connections(relay.relays(), letters, count=1)

    assert letters.codes() == [250] * 20
    assert relay.connections == 4


def test_a_relay_that_takes_nothing_is_left_alone_and_blames_no_letter(relay, other):
    relay.script("MAIL", *[Say("421 4.7.0 Too busy", hangs_up=True)] * 9)
    letters = Letters(20)

    connections(both(relay, other, "?weight=9"), letters, count=1)

    assert relay.connections == 1
    assert letters.codes() == [250] * 20
    assert recipients(other) == list(range(1, 21))


@pytest.mark.parametrize("extensions", [("PIPELINING",), ()])
def test_a_run_that_is_stopped_begins_nothing_more_and_sends_no_empty_message(extensions):
    with smtp_server(extensions=extensions) as server:
        letters = Letters(20, may_begin=5)
        connections(server.relays(), letters, count=1)

    assert letters.codes() == [250] * 5
    assert letters.returns == [6]
    assert recipients(server) == [1, 2, 3, 4, 5]


class Stopped(Letters):
    """It is stopped by somebody at its second look."""

    looks = 2

    async def wait_for_message(self) -> bool:
        self.looks -= 1
        return self.looks > 0


def test_a_run_that_is_stopped_does_not_wait_for_a_relay_that_does_not_greet(relay):
    relay.script(CONNECT, SILENCE)
    letters = Stopped(20)

    asyncio.run(send_all(relay.relays(), letters, count=1, timeouts=PATIENT))

    assert len(letters.waiting) == 20


class Broken(Letters):
    """A supply in which something goes wrong at the third letter."""

    def __init__(self, where: str) -> None:
        super().__init__(9)
        self._where = where

    def _go(self, where: str, key: int) -> None:
        if key == 3 and where == self._where:
            raise ZeroDivisionError

    def next_message(self) -> Envelope | None:
        self._go("next", self.waiting[0] if self.waiting else 0)
        return super().next_message()

    def confirm_start(self, envelope: Envelope) -> bool:
        self._go("begun", envelope.key)
        return super().confirm_start(envelope)

    def on_reply(self, envelope: Envelope, reply: Reply) -> None:
        self._go("answered", envelope.key)
        super().on_reply(envelope, reply)


@pytest.mark.parametrize("extensions", [("PIPELINING",), ()])
@pytest.mark.parametrize("where", ["next", "begun", "answered"])
def test_a_fault_of_the_supply_is_raised_and_nothing_hangs(extensions, where):
    with smtp_server(extensions=extensions) as server:
        letters = Broken(where)
        with pytest.raises(ZeroDivisionError):
            connections(server.relays(), letters, count=2)

    assert {key for key, reply in letters.told.items() if reply.code == 250} <= set(
        recipients(server)
    )


async def cancelled_once_in_flight(letters: Letters, server: SmtpServer) -> None:
    run = asyncio.create_task(send_all(server.relays(), letters, count=2, timeouts=PATIENT))
    while len(server.messages) < 2:  # noqa: ASYNC110  # the server has threads and knows no loop
        await asyncio.sleep(0.01)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run


def test_a_run_that_is_cancelled_tells_what_is_in_doubt_and_returns_the_rest(relay):
    relay.script(DOT, SILENCE, SILENCE)
    letters = Letters(20)

    asyncio.run(cancelled_once_in_flight(letters, relay))

    doubted = {key for key, reply in letters.told.items() if reply.code == 0}
    assert len(doubted) == 2
    assert all(letters.told[key].stage is SmtpStage.END_OF_DATA for key in doubted)
    assert len(letters.told) + len(letters.waiting) == 20
