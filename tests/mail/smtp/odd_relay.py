"""A relay that answers oddly and hangs up anywhere, by a seed; it knows what it has kept."""

import asyncio
import random
import re
from collections import Counter
from contextlib import asynccontextmanager, suppress

from newsletter.mail.smtp import RelaySet

_KEY = re.compile(rb"<r(\d+)@")
_GARBAGE = (b"Hello there\r\n", b"\x00\xff\r\n", b"250", b"999 x\r\n", b"\r\n", b"25\r\n")
_END = b"\r\n.\r\n"


class HungUpError(Exception):
    """The relay has cut the connection."""


class OddRelay:
    """Each of its connections does something odd to about odds of the commands.

    kept counts each message, by its recipient's number, that it has taken for good.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.odds = rng.choice([0.0, 0.02, 0.1, 0.3])
        self.is_pipelined = rng.random() < 0.7
        self.cuts = rng.random() < 0.5
        self.kept: Counter[int] = Counter()
        self.connections = 0
        self.relays: RelaySet

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(HungUpError, OSError, asyncio.IncompleteReadError):
            await _Session(self, reader, writer).run()
        if self.rng.random() < 0.5:
            writer.transport.abort()
        writer.close()


class _Session:
    def __init__(
        self, relay: OddRelay, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._relay = relay
        self._rng = relay.rng
        self._reader = reader
        self._writer = writer
        self._buffer = b""
        # Reads no more than so many bytes, wherever that is.
        self._left = self._rng.randrange(20_000) if relay.cuts else 10**9
        self._key = b""
        self._is_sender = self._is_recipient = False

    async def run(self) -> None:
        self._writer.write(b"220 odd.example\r\n")
        while True:
            line = await self._until(b"\r\n")
            verb = line[:4].upper()
            if verb == b"EHLO":
                pipelining = "250-PIPELINING\r\n" if self._relay.is_pipelined else ""
                self._writer.write(f"250-odd.example\r\n{pipelining}250 DSN\r\n".encode())
            elif verb == b"QUIT":
                self._writer.write(b"221 2.0.0 Bye\r\n")
                return
            else:
                await self._obey(verb, line)

    async def _obey(self, verb: bytes, line: bytes) -> None:
        if verb == b"RSET":
            self._is_sender = self._is_recipient = False
            self._say(b"250 2.0.0 forgotten")
        elif verb == b"MAIL":
            self._key = _key(line) or b"?"
            self._is_recipient = False
            self._is_sender = self._say(b"250 2.1.0 ok")
        elif verb == b"RCPT":
            assert self._key == _key(line), "RCPT of another message than MAIL"
            is_ok = self._is_sender
            self._is_recipient = self._say(b"250 2.1.5 ok" if is_ok else b"503 5.5.1 no MAIL")
        elif verb == b"DATA":
            may_send = self._is_recipient or self._rng.random() < 0.3
            if self._say(b"354 go ahead" if may_send else b"503 5.5.1 no RCPT", yes=b"3"):
                await self._take_message()
        else:
            raise AssertionError(f"a command that nobody gives: {line!r}")

    async def _take_message(self) -> None:
        self._buffer = b"\r\n" + self._buffer
        self._left += 2
        content = (await self._until(_END))[2:]
        if not self._is_recipient:
            assert not content, "a message for nobody"
            self._say(b"554 5.5.1 nobody")
            return
        assert content.startswith(b"To: <r" + self._key + b"@"), "the body of another message"
        self._is_sender = self._is_recipient = False
        key = int(self._key)
        self._relay.kept[key] += 1
        if not self._say(b"250 2.0.0 kept", spares_kept=True):
            self._relay.kept[key] -= 1

    def _say(self, usual: bytes, *, yes: bytes = b"2", spares_kept: bool = False) -> bool:
        """Whether the answer was yes. What it keeps is kept, whatever becomes of its answer."""
        said, ends = usual, False
        if self._rng.random() < self._relay.odds:
            said, ends = self._odd(usual)
        mark = b" r" + self._key + b"."
        is_garbage = said in _GARBAGE
        parts = said.split(b"\r\n")
        line = said if is_garbage else b"".join(part + mark + b"\r\n" for part in parts)
        if self._relay.cuts and self._rng.random() < 0.02:
            self._writer.write(line[: self._rng.randrange(len(line))])
            if spares_kept and line[:1] != yes and not is_garbage:
                self._relay.kept[int(self._key)] -= 1
            raise HungUpError
        self._writer.write(line)
        if ends:
            if spares_kept and line[:1] != yes and not is_garbage:
                self._relay.kept[int(self._key)] -= 1
            raise HungUpError
        return is_garbage or line[:1] == yes

    def _odd(self, usual: bytes) -> tuple[bytes, bool]:
        """Another answer, and whether it hangs up behind it."""
        ends = self._rng.random() < 0.2
        is_done = usual.startswith(b"250")
        return self._rng.choice(
            [
                (b"421 4.3.2 closing", self._rng.random() < 0.7),
                (b"450 4.2.0 not now", ends),
                (b"550-5.1.1 no\r\n550 5.1.1 never", ends),
                (self._rng.choice(_GARBAGE), True),
                (usual + b"\r\n250 2.0.0 twice" if is_done else usual, ends),
                (b"252 2.0.0 another yes" if is_done else usual, ends),
                (usual, True),
            ]
        )

    async def _until(self, end: bytes) -> bytes:
        while end not in self._buffer:
            data = await self._reader.read(4096)
            if not data:
                raise HungUpError
            self._buffer += data[: self._left]
            self._left -= len(data)
            if self._left < 0:
                raise HungUpError
        found, _, self._buffer = self._buffer.partition(end)
        return found


def _key(line: bytes) -> bytes:
    found = _KEY.search(line)
    return found[1] if found else b""


@asynccontextmanager
async def odd_relay(rng: random.Random):
    """It listens on loopback until the end of the with statement."""
    relay = OddRelay(rng)
    server = await asyncio.start_server(relay.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    relay.relays = RelaySet.parse(f"smtp://127.0.0.1:{port}")
    try:
        yield relay
    finally:
        server.close()
        await server.wait_closed()
