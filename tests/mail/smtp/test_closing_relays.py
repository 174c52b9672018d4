"""Relays that end a connection between two messages: they are well, and nobody waits for them."""

import asyncio
import logging

import pytest

from newsletter.domain.delivery.smtp_reply import SmtpStage
from newsletter.mail.smtp import Envelope, RelayPool, RelaySet, connections, send_all
from tests.mail.smtp.message_sources import Letters
from tests.smtp_server import DOT, HANG_UP, OFFERED, Say, smtp_server

pytestmark = pytest.mark.servers

PIPELINED = pytest.param((*OFFERED, "PIPELINING"), id="in groups")
STEP_BY_STEP = pytest.param(OFFERED, id="step by step")
ENDS = [
    pytest.param(Say(), id="without a word"),
    pytest.param(HANG_UP, id="at the next MAIL"),
    pytest.param(Say("421 4.7.0 Too many messages", hangs_up=True), id="by 421"),
    pytest.param(Say("421 4.3.2 Bye"), id="by 421, and waits for us"),
    pytest.param(Say("451 4.4.2 Timeout - closing connection", hangs_up=True), id="by 451 4.4.2"),
    pytest.param(Say("451 4.4.2 Timed out"), id="by 451 4.4.2, and waits for us"),
    pytest.param(Say("452 4.5.3 Too many messages in this session"), id="by 452 of a session"),
]


@pytest.mark.parametrize("extensions", [PIPELINED, STEP_BY_STEP])
@pytest.mark.parametrize("farewell", ENDS)
@pytest.mark.parametrize("closes_after", [1, 5])
def test_a_relay_that_ends_a_connection_after_some_messages_gets_all_of_them(
    caplog, extensions, farewell, closes_after
):
    letters = Letters(60)
    with smtp_server(extensions=extensions) as server:
        server.closes_after, server.farewell = closes_after, farewell
        with caplog.at_level(logging.INFO):
            connections(server.relays(), letters, count=4)

    assert letters.codes() == [250] * 60
    assert "left alone" not in caplog.text


def test_a_relay_that_refuses_the_next_message_for_now_and_hangs_up_has_ended_the_connection():
    letters = Letters(60)
    with smtp_server(extensions=(*OFFERED, "PIPELINING")) as server:
        server.closes_after, server.farewell = 5, Say("450 4.0.0 Enough", hangs_up=True)
        connections(server.relays(), letters, count=4)

    assert letters.codes() == [250] * 60


def test_its_cap_is_learnt_and_told_once(caplog):
    with smtp_server(extensions=(*OFFERED, "PIPELINING")) as server:
        server.closes_after = 5
        with caplog.at_level(logging.INFO):
            connections(server.relays(), Letters(100), count=1)

    name = f"127.0.0.1:{server.port}"
    told = f"The relay {name} ends each connection after 5 messages; so do we from now on."
    assert caplog.messages.count(told) == 1
    assert server.verbs().count("MAIL") <= 100 + 2  # one too many over each of the first two
    assert server.connections == 20


def test_a_cap_that_was_learnt_in_one_run_counts_in_the_next():
    with smtp_server(extensions=(*OFFERED, "PIPELINING")) as server:
        server.closes_after = 5
        standings = RelayPool(server.relays())
        asyncio.run(send_all(standings.relays, Letters(20), count=1, standings=standings))
        server.commands.clear()
        asyncio.run(send_all(standings.relays, Letters(20), count=1, standings=standings))

    assert server.verbs().count("MAIL") == 20


def test_ends_after_different_numbers_are_no_cap():
    with smtp_server(extensions=(*OFFERED, "PIPELINING")) as server:
        standings = RelayPool(server.relays())
        for closes_after in (5, 3, 5):
            server.closes_after = closes_after
            letters = Letters(closes_after + 1)
            asyncio.run(send_all(standings.relays, letters, count=1, standings=standings))
            assert letters.codes() == [250] * (closes_after + 1)

    assert [standing.cap for standing in standings] == [0]


@pytest.mark.parametrize("extensions", [PIPELINED, STEP_BY_STEP])
def test_a_message_that_went_out_whole_is_in_doubt_and_the_next_is_not(extensions):
    letters = Letters(10)
    with smtp_server(extensions=extensions) as server:
        server.script(DOT, *["250 2.0.0 Queued"] * 3, HANG_UP)
        connections(server.relays(), letters, count=1)

    doubted = [(key, one.stage) for key, one in letters.told.items() if one.code == 0]
    assert doubted == [(4, SmtpStage.END_OF_DATA)]
    assert sorted(letters.codes()) == [0] + [250] * 9


@pytest.mark.parametrize("extensions", [PIPELINED, STEP_BY_STEP])
def test_a_message_at_whose_recipient_it_hangs_up_waits_and_the_others_go(extensions):
    letters = Letters(10)
    with smtp_server(extensions=extensions) as server:
        server.script("RCPT", *["250 2.1.5 Ok"] * 3, HANG_UP)
        connections(server.relays(), letters, count=1)

    waits = [(key, one.stage) for key, one in letters.told.items() if one.code == 0]
    assert waits == [(4, SmtpStage.RCPT)]
    assert sorted(letters.codes()) == [0] + [250] * 9


class Pausing(Letters):
    """It has nothing more until the relay has ended the connection over which the last one went."""

    ends = 0

    def next_message(self) -> Envelope | None:
        return super().next_message() if self.ends == len(self.told) else None

    async def wait_for_message(self) -> bool:
        while self.ends < len(self.told):  # noqa: ASYNC110  # the relay sets it in this loop
            await asyncio.sleep(0.01)
        return await super().wait_for_message()


@pytest.mark.parametrize(
    "farewell",
    [
        pytest.param(b"", id="without a word"),
        pytest.param(b"421 4.4.2 Idle\r\n", id="by 421"),
        pytest.param(b"451 4.4.2 Timeout\r\n", id="by 451 unasked"),
    ],
)
def test_a_relay_that_hangs_up_on_an_idle_connection_is_asked_anew_at_once(caplog, farewell):
    async def run_through() -> Pausing:
        letters = Pausing(3)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"220 idle.example\r\n")
            for answer in (b"250 idle.example", b"250 ok", b"250 ok", b"354 go"):
                await reader.readline()
                writer.write(answer + b"\r\n")
            await reader.readuntil(b"\r\n.\r\n")
            writer.write(b"250 2.0.0 taken\r\n")
            writer.write(farewell)
            writer.close()
            letters.ends += 1

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        await send_all(RelaySet.parse(f"smtp://127.0.0.1:{port}"), letters, count=1)
        server.close()
        return letters

    letters = asyncio.run(run_through())

    assert letters.codes() == [250] * 3
    assert "left alone" not in caplog.text
