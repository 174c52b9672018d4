"""Handing messages to a relay: one after the other, or many over several connections."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from newsletter.domain.delivery import Reply
from newsletter.errors import UnreachableError
from newsletter.mail.smtp.connection import Connection
from newsletter.mail.smtp.dialogue import Dialogue, Envelope, Offered, Supply
from newsletter.mail.smtp.greeting import opened
from newsletter.mail.smtp.url import RelayUrl


class Relay:
    """One open connection, for a letter now and then. Nothing here needs speed."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, connection: Connection, offered: Offered
    ) -> None:
        self._loop = loop
        self._connection = connection
        self._offered = offered

    @property
    def is_open(self) -> bool:
        """Whether another message may be tried."""
        return self._connection.is_open

    def send(self, envelope_from: str, recipient: str, message: bytes) -> Reply:
        """The relay's reply to this message: the one that decided, whichever command it was to.

        The message has CRLF line ends and no line that begins with a dot. Nothing is raised for a
        refusal or a broken connection; code 0 is the latter, and then is_open is False.
        """
        letter = _One(Envelope(0, envelope_from, recipient, message))
        dialogue = Dialogue(letter, self._offered)
        self._loop.run_until_complete(self._connection.run(dialogue))
        assert letter.reply is not None
        return letter.reply

    def close(self) -> None:
        """Say goodbye and hang up."""
        self._loop.run_until_complete(self._connection.close())


class _One:
    """A supply of a single message."""

    def __init__(self, envelope: Envelope) -> None:
        self._envelope: Envelope | None = envelope
        self.reply: Reply | None = None

    def next(self) -> Envelope | None:
        envelope, self._envelope = self._envelope, None
        return envelope

    def begun(self, envelope: Envelope) -> None:
        """One message that is lost can be seen by whoever sends it."""

    def answered(self, envelope: Envelope, reply: Reply) -> None:
        assert envelope.key == 0
        self.reply = reply


@contextmanager
def connected(url: str) -> Iterator[Relay]:
    """A connection to the relay at url, closed at the end.

    Raises SettingsError when url is wrong or the relay refuses our name and password,
    UnreachableError when it does not answer; both name the setting.
    """
    where = RelayUrl.parse(url)
    loop = asyncio.new_event_loop()
    try:
        relay = Relay(loop, *loop.run_until_complete(opened(where)))
        try:
            yield relay
        finally:
            relay.close()
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def connections(url: str, supply: Supply, *, count: int) -> None:
    """Send all that the supply has, over at most count connections at once.

    A connection that breaks is made anew while there is something to send. Raises SettingsError or
    UnreachableError when none can be made; what was not begun has then been told as not begun.
    """
    asyncio.run(_all_sent(RelayUrl.parse(url), supply, count))


async def _all_sent(url: RelayUrl, supply: Supply, count: int) -> None:
    first = await opened(url)
    async with asyncio.TaskGroup() as group:
        group.create_task(_sent(url, supply, first))
        for _ in range(count - 1):
            group.create_task(_sent(url, supply, None))


async def _sent(url: RelayUrl, supply: Supply, ready: tuple[Connection, Offered] | None) -> None:
    """Send over one connection after the other until the supply has nothing more."""
    ahead = _Ahead(supply)
    while ahead.has_more():
        try:
            connection, offered = ready or await opened(url)
        except UnreachableError:
            ahead.give_back()
            return  # the others go on; when all have given up, the caller finds what is left
        ready = None
        while connection.is_open and ahead.has_more():
            await connection.run(Dialogue(ahead, offered))
        await connection.close()
    if ready is not None:
        await ready[0].close()


class _Ahead:
    """A supply that can be asked whether there is more: it looks one message ahead."""

    def __init__(self, supply: Supply) -> None:
        self._supply = supply
        self._taken: Envelope | None = None

    def has_more(self) -> bool:
        if self._taken is None:
            self._taken = self._supply.next()
        return self._taken is not None

    def give_back(self) -> None:
        """Say that the message which was looked at was not begun."""
        if self._taken is not None:
            self._supply.answered(self._taken, Reply(code=0, text="No connection could be made."))
            self._taken = None

    def next(self) -> Envelope | None:
        if self._taken is not None:
            envelope, self._taken = self._taken, None
            return envelope
        return self._supply.next()

    def begun(self, envelope: Envelope) -> None:
        self._supply.begun(envelope)

    def answered(self, envelope: Envelope, reply: Reply) -> None:
        self._supply.answered(envelope, reply)
