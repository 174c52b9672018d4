"""One connection to a relay in an event loop: bytes into replies, and a dialogue's words out."""

import asyncio
import re
import ssl

from newsletter.mail.smtp.dialogue import Dialogue

TIMEOUT_S = 60.0  # RFC 5321, 4.5.3.2 allows minutes; a relay of ours that needs one is ill.
GOODBYE_S = 1.0
MAX_LINE_BYTES = 8_192  # RFC 5321, 4.5.3.1.5 says 512; a few relays write essays.
MAX_REPLY_BYTES = 65_536  # A reply is a few lines; what is longer is no reply.
_LINE = re.compile(rb"([2-5]\d\d)([ -]?)(.*)", re.S)
_GOODBYE = b"QUIT\r\n"


class BrokenError(Exception):
    """The connection ended, or what came over it makes no sense. Its text says which."""


class Connection(asyncio.Protocol):
    """Commands out, replies in; each reply goes to whoever is waiting for it."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport
        self._buffer = b""
        self._lines: list[str] = []
        self._bytes = 0
        self._answer: asyncio.Future[tuple[int, str]] | None = None
        self._dialogue: Dialogue | None = None
        self._ended: asyncio.Future[None] | None = None
        self._heard_at = 0.0
        self._watcher: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._early: list[tuple[int, str]] = []
        self.broken = ""

    @property
    def is_open(self) -> bool:
        """Whether another message may be tried on it."""
        return not self.broken and not self._transport.is_closing()

    async def run(self, dialogue: Dialogue) -> None:
        """Go through the dialogue until it is done, or the connection is gone."""
        self._dialogue, self._ended = dialogue, self._loop.create_future()
        self._heard_at = self._loop.time()
        if self.broken:
            dialogue.lost(self.broken)
            return
        self._watch()
        try:
            self._say(dialogue.start())
            if dialogue.is_done:
                return
            await self._ended
        finally:
            if self._watcher is not None:
                self._watcher.cancel()
            self._dialogue = None

    async def close(self) -> None:
        """Say goodbye and hang up; a connection that is gone already is no trouble."""
        if self.is_open:
            try:
                self._transport.write(_GOODBYE)
                await asyncio.wait_for(self.reply(), GOODBYE_S)
            except (BrokenError, TimeoutError):
                pass
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        self._break(f"The connection broke ({error or 'the relay hung up'}).")

    def data_received(self, data: bytes) -> None:
        self._heard_at = self._loop.time()
        self._buffer += data
        self._bytes += len(data)
        while (end := self._buffer.find(b"\n")) >= 0:
            line, self._buffer = self._buffer[:end].rstrip(b"\r"), self._buffer[end + 1 :]
            if not self._line(line):
                return
        if len(self._buffer) > MAX_LINE_BYTES:
            self._senseless()

    def _line(self, line: bytes) -> bool:
        """Whether the line made sense; the last one of a reply hands the reply on."""
        found = _LINE.fullmatch(line)
        if found is None or len(line) > MAX_LINE_BYTES or self._bytes > MAX_REPLY_BYTES:
            self._senseless()
            return False
        self._lines.append(found[3].decode("utf-8", "replace"))
        if found[2] != b"-":
            text, self._lines, self._bytes = "\n".join(self._lines), [], len(self._buffer)
            self._replied(int(found[1]), text)
        return not self.broken

    def _replied(self, code: int, text: str) -> None:
        if self._dialogue is None:
            if self._answer is None or self._answer.done():
                self._early.append((code, text))
            else:
                self._answer.set_result((code, text))
            return
        self._say(self._dialogue.received(code, text))
        if self._dialogue.is_closing:
            self._break("The connection broke (the relay says goodbye).")
        elif self._dialogue.is_done and self._ended and not self._ended.done():
            self._ended.set_result(None)

    def _say(self, data: bytes) -> None:
        if data and not self.broken:
            self._transport.write(data)

    def _senseless(self) -> None:
        self._break("The connection broke (the relay's answer makes no sense).")

    def _break(self, why: str) -> None:
        """Nothing more goes over this connection; whoever waits is told."""
        if self.broken:
            return
        self.broken = why
        self._transport.abort()
        if self._dialogue is not None:
            self._dialogue.lost(why)
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(None)
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(BrokenError(why))

    def _watch(self) -> None:
        """Break a connection over which nothing has come for too long."""
        if self._loop.time() - self._heard_at > TIMEOUT_S:
            self._break("The connection broke (the relay did not answer in time).")
        elif not self.broken:
            self._watcher = self._loop.call_later(TIMEOUT_S / 4, self._watch)

    async def ask(self, command: str) -> tuple[int, str]:
        """The reply to one command of the greeting. Raises BrokenError."""
        self._say(f"{command}\r\n".encode())
        return await self.reply()

    async def reply(self) -> tuple[int, str]:
        """The next reply of the greeting. Raises BrokenError."""
        if self._early:
            return self._early.pop(0)
        if self.broken:
            raise BrokenError(self.broken)
        self._answer = self._loop.create_future()
        return await self._answer

    async def upgrade(self, context: ssl.SSLContext, host: str) -> None:
        """Go on under TLS. What came before it was said by nobody we know, and is forgotten."""
        self._buffer, self._bytes = b"", 0
        self._early.clear()
        upgraded = await self._loop.start_tls(self._transport, self, context, server_hostname=host)
        assert upgraded is not None
        self._transport = upgraded

    def give_up(self) -> None:
        """Hang up without a goodbye."""
        self._break("Given up.")
