"""Relays that never come to an end: no banner, no reading, a drip, a flood. Nothing hangs."""

import asyncio
import socket
from asyncio import StreamReader as Reader
from asyncio import StreamWriter as Writer
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from newsletter.domain.delivery.smtp_reply import SmtpStage
from newsletter.errors import UnreachableError
from newsletter.mail.smtp import RelaySet, Timeouts, send_all
from tests.mail.smtp.message_sources import Letters
from tests.patience import HANGS_S
from tests.smtp_server import impatient

pytestmark = pytest.mark.servers

SILENCE_S = 0.2  # Only for what is to fail: a busy machine may take longer for anything.
MAIL_S = 3.0  # The greeting has this limit too, and must come within it.
SMALL = b"Hi.\r\n"
LARGE = b"A line of a large message.\r\n" * 400_000
SMALL_BUFFER_BYTES = 4_096


async def told_by(
    relay: Callable[[Reader, Writer], Awaitable[None]],
    letters: Letters,
    timeouts: Timeouts | None = None,
) -> str:
    """Why the run over one connection to that relay ended, "" when all is sent."""

    sessions: list[asyncio.Task[None] | None] = []

    async def served(reader: Reader, writer: Writer) -> None:
        sessions.append(asyncio.current_task())
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await relay(reader, writer)
        writer.transport.abort()

    listening = socket.create_server(("127.0.0.1", 0))
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER_BYTES)
    server = await asyncio.start_server(served, sock=listening, limit=SMALL_BUFFER_BYTES)
    relays = RelaySet.parse(f"smtp://127.0.0.1:{listening.getsockname()[1]}")
    try:
        async with asyncio.timeout(HANGS_S):
            await send_all(relays, letters, count=1, timeouts=timeouts or impatient())
    except UnreachableError as error:
        return str(error)
    finally:
        server.close()
        for session in sessions:
            assert session is not None
            session.cancel()
            await asyncio.wait({session})
        await server.wait_closed()
    return ""


async def greeted(reader: Reader, writer: Writer) -> None:
    writer.write(b"220 slow.example\r\n")
    await reader.readline()
    writer.write(b"250-slow.example\r\n250 PIPELINING\r\n")


async def asked_for_data(reader: Reader, writer: Writer) -> None:
    await greeted(reader, writer)
    for _ in range(3):
        await reader.readline()
    writer.write(b"250 ok\r\n250 ok\r\n354 go ahead\r\n")


async def drip(writer: Writer, text: bytes) -> None:
    """A byte at a time, each well within the time-out, without end."""
    while not writer.transport.is_closing():
        for at in range(len(text)):
            writer.write(text[at : at + 1])
            await asyncio.sleep(SILENCE_S / 10)


async def says_nothing(reader: Reader, writer: Writer) -> None:
    await reader.read()


async def drips_its_banner(reader: Reader, writer: Writer) -> None:
    await drip(writer, b"220-slow.example\r\n")


async def never_ends_its_hello(reader: Reader, writer: Writer) -> None:
    writer.write(b"220 slow.example\r\n")
    while not writer.transport.is_closing():
        writer.write(b"250-and so on\r\n" * 100)
        await writer.drain()


async def says_100_kb_in_a_line(reader: Reader, writer: Writer) -> None:
    writer.write(b"220 slow.example\r\n")
    await reader.readline()
    writer.write(b"250 " + b"x" * 100_000 + b"\r\n")
    await reader.read()


@pytest.mark.parametrize(
    ("relay", "said"),
    [
        pytest.param(says_nothing, "it did not answer in time", id="no banner"),
        pytest.param(drips_its_banner, "it did not answer in time", id="a banner without end"),
        pytest.param(never_ends_its_hello, "makes no sense", id="an answer without end"),
        pytest.param(says_100_kb_in_a_line, "makes no sense", id="an answer of 100 KB"),
    ],
)
def test_a_relay_that_does_not_greet_in_time_or_in_reason_is_given_up(relay, said):
    letters = Letters(3)

    assert said in asyncio.run(told_by(relay, letters, impatient(greeting_s=SILENCE_S)))
    assert letters.told == {}
    assert len(letters.waiting) == 3


async def answers_no_mail(reader: Reader, writer: Writer) -> None:
    await greeted(reader, writer)
    await reader.read()


async def drips_an_answer(reader: Reader, writer: Writer) -> None:
    await greeted(reader, writer)
    await drip(writer, b"250-2.1.0 ok\r\n")


async def answers_no_message(reader: Reader, writer: Writer) -> None:
    await asked_for_data(reader, writer)
    await reader.read()


async def drips_the_last_answer(reader: Reader, writer: Writer) -> None:
    await asked_for_data(reader, writer)
    await drip(writer, b"250-2.0.0 kept\r\n")


async def reads_no_message(reader: Reader, writer: Writer) -> None:
    await asked_for_data(reader, writer)
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("relay", "content", "stage", "limits"),
    [
        pytest.param(
            answers_no_mail, SMALL, SmtpStage.MAIL, {"mail_s": MAIL_S}, id="no answer to MAIL"
        ),
        pytest.param(
            drips_an_answer, SMALL, SmtpStage.MAIL, {"mail_s": MAIL_S}, id="a drip, to MAIL"
        ),
        pytest.param(
            answers_no_message,
            SMALL,
            SmtpStage.END_OF_DATA,
            {"dot_s": SILENCE_S},
            id="no answer to a message",
        ),
        pytest.param(
            drips_the_last_answer,
            SMALL,
            SmtpStage.END_OF_DATA,
            {"dot_s": SILENCE_S},
            id="a drip, to a message",
        ),
        # What has not left this machine in full is in nobody's mailbox.
        pytest.param(
            reads_no_message, LARGE, SmtpStage.DATA, {"block_s": SILENCE_S}, id="it does not read"
        ),
    ],
)
def test_a_relay_that_falls_silent_loses_the_message_that_waits_and_no_other(
    relay, content, stage, limits
):
    letters = Letters(3, content=content)

    said = asyncio.run(told_by(relay, letters, impatient(**limits)))

    assert "the relay did not answer in time" in said
    assert {key: (one.code, one.stage) for key, one in letters.told.items()} == {1: (0, stage)}
    assert sorted([1, *letters.waiting]) == [1, 2, 3]


BLOCK_S = 2.0


async def reads_slowly(reader: Reader, writer: Writer) -> None:
    """It takes longer in all than the time-out, with no pause as long as it."""
    await asked_for_data(reader, writer)
    for _ in range(20):
        await reader.readexactly(len(LARGE) // 20)
        await asyncio.sleep(BLOCK_S / 15)
    await reader.readexactly(len(b".\r\n"))
    writer.write(b"250 kept\r\n")
    await reader.readline()
    writer.write(b"221 bye\r\n")


async def answers_before_it_has_read(reader: Reader, writer: Writer) -> None:
    """Each of its answers asks for another message, of which it reads none."""
    await asked_for_data(reader, writer)
    while True:
        writer.write(b"250 ok\r\n250 ok\r\n250 ok\r\n354 go ahead\r\n" * 100)
        await writer.drain()


def test_a_relay_that_answers_what_it_has_not_read_is_given_up():
    letters = Letters(50, content=LARGE)

    said = asyncio.run(told_by(answers_before_it_has_read, letters))

    assert "makes no sense" in said
    assert len(letters.told) <= 2


async def refuses_a_large_message_at_once(reader: Reader, writer: Writer) -> None:
    await asked_for_data(reader, writer)
    writer.write(b"552 5.3.4 Too large\r\n")
    await writer.drain()
    await asyncio.sleep(SILENCE_S / 2)


def test_a_refusal_that_comes_before_the_whole_message_has_left_counts():
    letters = Letters(1, content=LARGE)

    asyncio.run(told_by(refuses_a_large_message_at_once, letters))

    assert (letters.told[1].code, letters.told[1].enhanced) == (552, "5.3.4")


def test_a_relay_that_reads_slowly_is_waited_for_while_it_reads():
    letters = Letters(1, content=LARGE)

    assert asyncio.run(told_by(reads_slowly, letters, impatient(block_s=BLOCK_S))) == ""
    assert letters.codes() == [250]
