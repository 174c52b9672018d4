"""One connection to a relay in an event loop: bytes into replies, and a dialogue's words out."""

import asyncio
import ssl
from collections import deque
from contextlib import suppress
from typing import cast

from newsletter.mail.smtp.reply_parser import ProtocolError, ReplyParser
from newsletter.mail.smtp.session import SmtpSession
from newsletter.mail.smtp.timeouts import Timeouts

_READ_BYTES = 4_096  # The answers to a group of commands are some 100; the rest waits its turn.
_MOST_UNHEARD = 16  # Replies; at most five are ever asked for at once.
_LOOKS = 4  # How often within the shortest time-out the clock is looked at.
_SENSELESS = "The connection broke (the relay's answer makes no sense)."
_GIVEN_UP = "The connection broke (given up)."


class ConnectionLostError(Exception):
    """The connection ended, or what came over it makes no sense. Its text says which."""


class Connection(asyncio.BufferedProtocol):
    """Commands out, replies in; each reply goes to whoever is waiting for it.

    While the relay does not read as fast as we write, its replies wait: what it has not read it
    cannot have answered, and nothing more is written. So what waits to be written is never more
    than one message and the commands of the next.
    """

    def __init__(self, timeouts: Timeouts) -> None:
        self._timeouts = timeouts
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._space = bytearray(_READ_BYTES)
        self._replies = ReplyParser()
        self._unheard: deque[tuple[int, bytes]] = deque()
        self._is_senseless = False  # behind what is unheard
        self._is_stalled = False
        self._unsent = 0  # when it was looked at last
        self._answer: asyncio.Future[None] | None = None
        self._dialogue: SmtpSession | None = None
        self._ended: asyncio.Future[None] | None = None
        self._asked_at = 0.0
        self._watcher: asyncio.TimerHandle | None = None
        self.broken = ""
        self.is_hung_up = False  # by the relay, and not by us

    @property
    def is_open(self) -> bool:
        """Whether another message may be tried on it."""
        return not self.broken and not self._transport.is_closing()

    @property
    def peer(self) -> str:
        """The address of the machine at the other end."""
        return str((self._transport.get_extra_info("peername") or [""])[0])

    @property
    def own_address(self) -> str:
        """The address of this machine, as the other end sees it where nothing translates it."""
        return str(self._transport.get_extra_info("sockname")[0])

    @property
    def is_private(self) -> bool:
        """Whether nobody on the way can read what is said."""
        return self._transport.get_extra_info("ssl_object") is not None

    async def run(self, dialogue: SmtpSession) -> None:
        """Go through the dialogue until it has nothing to say, or the connection is gone.

        When this is cancelled, or the supply raises, the connection is broken and what was begun is
        told so.
        """
        self._dialogue, self._ended = dialogue, self._loop.create_future()
        self._asked_at = self._loop.time()
        self._watch()
        try:
            self._hand_on()
            if not self.broken:
                self._say(dialogue.start())
            if not (self.broken or dialogue.is_done):
                await self._ended
        except BaseException:
            self._break(_GIVEN_UP)
            raise
        finally:
            if self._watcher is not None:
                self._watcher.cancel()

    async def ask(self, command: str, *, within_s: float) -> tuple[int, str]:
        """The reply to one command of the greeting. Raises ConnectionLostError or TimeoutError."""
        if self._has_more:
            self._break(_SENSELESS)  # answered before it was asked
            raise ConnectionLostError(self.broken)
        self._say(f"{command}\r\n".encode())
        return await self.reply(within_s=within_s)

    async def reply(self, *, within_s: float) -> tuple[int, str]:
        """The next reply of the greeting. Raises ConnectionLostError or TimeoutError."""
        if not self._unheard and not self.broken:
            self._answer = self._loop.create_future()
            async with asyncio.timeout(within_s):
                await self._answer
        if not self._unheard:
            raise ConnectionLostError(self.broken)
        code, text = self._unheard.popleft()
        return code, text.decode("utf-8", "replace")

    async def upgrade(self, context: ssl.SSLContext, host: str) -> None:
        """Go on under TLS. Raises ConnectionLostError when something was said that TLS does not
        cover.

        Whoever sits in between could have put it there (RFC 3207, 6; CVE-2021-38371).
        """
        if self._has_more:
            self._break("The relay says more before TLS has begun than it was asked.")
        if self.broken:
            raise ConnectionLostError(self.broken)
        upgraded = await self._loop.start_tls(
            self._transport,
            self,
            context,
            server_hostname=host,
            ssl_handshake_timeout=self._timeouts.mail_s,
        )
        assert upgraded is not None
        self.connection_made(upgraded)

    async def close(self) -> None:
        """Say goodbye and hang up; a connection that is gone already is no trouble."""
        self._dialogue = None
        with suppress(ConnectionLostError, TimeoutError):
            if self.is_open:
                await self.ask("QUIT", within_s=self._timeouts.goodbye_s)
        self.give_up()

    def give_up(self) -> None:
        """Hang up without a goodbye."""
        self._break(_GIVEN_UP)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's is one in all but its ancestry.
        self._transport = cast("asyncio.Transport", transport)
        # High is 0: we are told of every byte that has to wait.
        self._transport.set_write_buffer_limits(high=0)

    def connection_lost(self, error: Exception | None) -> None:
        self.is_hung_up = not self.broken
        self._break(f"The connection broke ({error or 'the relay hung up'}).")

    def get_buffer(self, sizehint: int) -> bytearray:
        del sizehint
        return self._space

    def buffer_updated(self, nbytes: int) -> None:
        try:
            self._unheard.extend(self._replies.read(bytes(self._space[:nbytes])))
        except ProtocolError:
            self._is_senseless = True
        self._hand_on()

    def pause_writing(self) -> None:
        self._is_stalled = True
        self._unsent = self._transport.get_write_buffer_size()

    def resume_writing(self) -> None:
        self._is_stalled = False
        self._asked_at = self._loop.time()
        self._hand_on()

    @property
    def _has_more(self) -> bool:
        """Whether the relay has said what nobody has heard yet."""
        return bool(self._unheard) or self._is_senseless or self._replies.has_begun

    def _hand_on(self) -> None:
        """Give the replies that are whole to whoever waits for them."""
        if self._dialogue is None:
            if self._unheard and self._answer is not None and not self._answer.done():
                self._answer.set_result(None)
        else:
            if self._unheard and not self._is_stalled:
                self._asked_at = self._loop.time()
            try:
                while self._unheard and not (self._is_stalled or self.broken):
                    self._replied(self._dialogue, *self._unheard.popleft())
            except ProtocolError:
                self._break(_SENSELESS)
            except Exception as error:  # noqa: BLE001  # the supply's, whatever it is
                self._fail(error)
        if len(self._unheard) > _MOST_UNHEARD or (self._is_senseless and not self._unheard):
            self._break(_SENSELESS)

    def _replied(self, dialogue: SmtpSession, code: int, text: bytes) -> None:
        said = dialogue.received(code, text)
        if dialogue.is_closing:
            why = dialogue.farewell or "it is not to go on"
            self._break(f"The connection broke ({why}).")
        elif said:
            self._say(said)
        elif dialogue.is_done and self._ended is not None and not self._ended.done():
            self._ended.set_result(None)

    def _say(self, data: bytes) -> None:
        if data and not self.broken:
            self._transport.write(data)

    def _break(self, why: str) -> None:
        """Nothing more goes over this connection; whoever waits is told."""
        if self.broken:
            return
        self.broken = why
        unsent = self._certainly_unsent()
        self._transport.abort()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(None)
        try:
            if self._dialogue is not None:
                self._tell_the_end(self._dialogue, unsent)
        except Exception as error:  # noqa: BLE001  # the supply's, whatever it is
            self._fail(error)
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(None)

    def _tell_the_end(self, dialogue: SmtpSession, unsent: int) -> None:
        """The replies that waited still count; then the rest is told that none will come."""
        dialogue.is_closing = True
        with suppress(ProtocolError):
            while self._unheard:
                dialogue.received(*self._unheard.popleft())
        dialogue.lost(self.broken, unsent=unsent)

    def _fail(self, error: Exception) -> None:
        """The supply has raised: whoever runs the dialogue is to hear of it."""
        if self._ended is None or self._ended.done():
            raise error
        self._ended.set_exception(error)
        self._break(_GIVEN_UP)

    def _certainly_unsent(self) -> int:
        """Of the bytes written, how many at least have not gone to the network."""
        if not self._is_stalled:
            return 0
        # An error empties the buffer before it is told; under TLS other bytes are counted.
        return 1 if self.is_private else max(1, self._transport.get_write_buffer_size())

    def _watch(self) -> None:
        """Break a connection whose answer, or whose reading, takes too long."""
        if self.broken or self._dialogue is None:
            return
        now, limit_s = self._loop.time(), self._timeouts.of(self._dialogue.step)
        if self._is_stalled:
            limit_s = self._timeouts.block_s
            unsent = self._transport.get_write_buffer_size()
            if unsent < self._unsent:
                self._unsent, self._asked_at = unsent, now
        if now - self._asked_at > limit_s:
            self._break("The connection broke (the relay did not answer in time).")
        self._watcher = self._loop.call_later(self._timeouts.shortest_s / _LOOKS, self._watch)
