"""A relay on loopback that writes down what it takes before it says so, and misbehaves on order.

    python -m benchmarks.keeping LOG --port 2525

Each message that it takes is a line of LOG, "<Message-ID> address", which is with the kernel before
the 250 goes out. Orders are lines on standard input, one word and at most one number; each is
answered by a line of JSON on standard output. It ends when its standard input does.
"""

import argparse
import asyncio
import json
import os
import random
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.moods import MOODS, Mood

# RFC 5321 4.2.3: what a service says that shuts down.
_LEAVES = b"421 4.3.2 Service not available, closing transmission channel\r\n"
_END = b"\r\n.\r\n"
_ID = b"\r\nmessage-id:"
_OFFERED = ("8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES")
_CLOSED = b"closed"  # Whose address begins so is not taken, by nobody's order.


class Relay:
    """What all connections share: the log, the mood, the door."""

    def __init__(self, log: Path, port: int) -> None:
        self.log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self.port = port
        self.mood = Mood()
        self.is_pipelined = True
        self.sessions: set[Session] = set()
        self.rng = random.Random(port)
        self.kept = 0
        self._door: asyncio.Server | None = None
        self._orders: dict[str, Callable[[float], None]] = {
            "state": lambda _: None,
            "drop": lambda _: self._drop(),
            "cut": lambda _: self._cut(),
            "pipelined": lambda yes: setattr(self, "is_pipelined", bool(yes)),
        }

    async def opened(self) -> None:
        """Let connections in."""
        if self._door is None:
            loop = asyncio.get_running_loop()
            self._door = await loop.create_server(
                lambda: Session(self), "127.0.0.1", self.port, backlog=256
            )

    async def obey(self, order: str) -> str:
        """What to answer to an order that has been carried out: how many connections met it."""
        name, _, number = order.strip().partition(" ")
        met = len(self.sessions)
        if name == "good":
            if self.mood.is_hung:
                self._drop()  # what hung for so long does not go on
            self.mood = Mood()
            await self.opened()
        elif name == "refuse":
            if self._door is not None:
                self._door.close()
                self._door = None
            self._drop()
        elif name in MOODS:
            setattr(self.mood, MOODS[name], float(number or 1))
        else:
            self._orders[name](float(number or 0))
        return json.dumps({"open": met, "kept": self.kept})

    def keep(self, content: bytes, recipient: bytes) -> None:
        """Write the message down; after this it is kept, whatever becomes of us."""
        at = content.lower().find(_ID) + len(_ID)
        found = content[at : content.find(b">", at)].split(b"<", 1)[-1]
        os.write(self.log, b"<%s> %s\n" % (found.strip(), recipient))
        self.kept += 1

    def _drop(self) -> None:
        for session in tuple(self.sessions):
            session.hang_up()

    def _cut(self) -> None:
        for session in self.sessions:
            session.is_cut = True


class Session(asyncio.Protocol):
    """One connection."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._transport: asyncio.Transport
        self._buffer = bytearray()
        self._searched = 0
        self._is_data = False
        self._recipient = b""
        self._answers: list[bytes] = []
        self._timer: asyncio.TimerHandle | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._late_s = 0.0  # the next answer comes so late
        self._has_stalled = False
        self._kept = 0
        self._is_over = False
        self.is_cut = False  # its next message is kept, and nobody told

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._relay.sessions.add(self)
        if not self._relay.mood.is_hung:
            self._answer(b"220 keeping ESMTP")
            self._say()

    def connection_lost(self, _error: Exception | None) -> None:
        self._is_over = True
        self._relay.sessions.discard(self)
        for timer in (self._timer, self._idle):
            if timer is not None:
                timer.cancel()

    def data_received(self, data: bytes) -> None:
        if self._relay.mood.is_hung or self._is_over:
            return
        self._buffer += data
        while not self._is_over and (self._message() if self._is_data else self._command()):
            pass
        self._say()
        self._watch_idleness()

    def hang_up(self) -> None:
        """End at once, without a word."""
        self._is_over = True
        self._transport.abort()

    def _watch_idleness(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        if self._relay.mood.closes_idle_after_s and not self._is_over:
            loop = asyncio.get_running_loop()
            self._idle = loop.call_later(self._relay.mood.closes_idle_after_s, self._end)

    def _command(self) -> bool:
        """Whether there was a whole command."""
        end = self._buffer.find(b"\n")
        if end < 0:
            return False
        line = bytes(self._buffer[:end]).rstrip(b"\r")
        del self._buffer[: end + 1]
        verb = line[:4].upper()
        if verb == b"EHLO":
            self._hello()
        elif verb == b"MAIL":
            self._recipient = b""
            if not self._has_stalled:
                self._has_stalled, self._late_s = True, self._relay.mood.stalls_s
            self._answer(b"250 2.1.0 ok")
        elif verb == b"RCPT":
            self._rcpt(line.split(b"<", 1)[-1].split(b">", 1)[0])
        elif verb == b"DATA" and not self._recipient:
            self._answer(b"554 5.5.1 nobody to send it to")
        elif verb == b"DATA":
            self._answer(b"354 go ahead")
            self._is_data = True
            self._buffer[:0] = b"\r\n"  # so that a dot on the first line is found as well
            self._searched = 0
        elif verb == b"QUIT":
            self._answer(b"221 2.0.0 bye")
            self._end()
        else:
            self._answer(b"250 2.0.0 ok")
        return True

    def _hello(self) -> None:
        offered = (*_OFFERED, "PIPELINING") if self._relay.is_pipelined else _OFFERED
        lines = ["250-keeping", *(f"250-{one}" for one in offered[:-1]), f"250 {offered[-1]}"]
        self._answer("\r\n".join(lines).encode())

    def _rcpt(self, recipient: bytes) -> None:
        if recipient.startswith(_CLOSED):
            self._answer(b"550 5.2.1 the mailbox is closed")
        elif self._is_deferred():
            self._answer(b"451 4.3.0 not now")
        elif self._relay.mood.is_too_fast(asyncio.get_running_loop().time()):
            self._answer(b"451 4.7.0 too many messages, slow down")
        else:
            self._recipient = recipient
            self._answer(b"250 2.1.5 ok")

    def _message(self) -> bool:
        """Whether there was the end of a message."""
        end = self._buffer.find(_END, self._searched)
        if end < 0:
            self._searched = max(0, len(self._buffer) - len(_END) + 1)
            return False
        content = bytes(self._buffer[:end])
        del self._buffer[: end + len(_END)]
        self._is_data = False
        if self._relay.mood.is_leaving:
            self._answer(b"")
        elif self._is_deferred():
            self._answer(b"451 4.3.0 not now")
        else:
            self._relay.keep(content, self._recipient)
            if self.is_cut:
                self.hang_up()
            self._kept += 1
            self._late_s = self._relay.mood.accepts_after_s
            self._answer(b"250 2.0.0 kept")
            if self._kept == self._relay.mood.closes_after:
                self._end()
        return True

    def _is_deferred(self) -> bool:
        # Half of them at RCPT and half after the dot.
        share = self._relay.mood.defers / 2
        return share > 0 and self._relay.rng.random() < share

    def _answer(self, text: bytes) -> None:
        if self._relay.mood.is_leaving:
            self._answers.append(_LEAVES)
            self._end()
        else:
            self._answers.append(text + b"\r\n")

    def _end(self) -> None:
        """Nothing more is read; what was answered still goes out."""
        self._say()
        self._is_over = True
        if self._timer is None:
            self._transport.close()

    def _say(self) -> None:
        """Give the answers so far, at once or, slow as it was told to be, in a while."""
        if self._timer is not None or not self._answers or self._transport.is_closing():
            return
        wait_s, self._late_s = max(self._late_s, self._relay.mood.answers_after_s), 0.0
        if wait_s:
            self._timer = asyncio.get_running_loop().call_later(wait_s, self._say_late)
            return
        self._transport.write(b"".join(self._answers))
        self._answers.clear()

    def _say_late(self) -> None:
        self._timer = None
        if not self._relay.mood.is_hung:
            self._transport.write(b"".join(self._answers))
            self._answers.clear()
        if self._is_over:
            self._transport.close()


async def _served(log: Path, port: int) -> None:
    relay = Relay(log, port)
    await relay.opened()
    orders = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    print(await relay.obey("state"), flush=True)
    while order := await orders.readline():
        print(await relay.obey(order.decode()), flush=True)


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("log", type=Path)
    parser.add_argument("--port", type=int, required=True)
    told = parser.parse_args()
    asyncio.run(_served(told.log, told.port))


if __name__ == "__main__":
    main()
