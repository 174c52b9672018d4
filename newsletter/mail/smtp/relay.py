"""Handing messages to a relay: one after the other, or many over several connections."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from newsletter.domain.delivery import Reply, Stage
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

    def begun(self, envelope: Envelope) -> bool:
        return envelope.key == 0

    def returned(self, envelope: Envelope) -> None:
        self.answered(envelope, Reply(code=0, text="The connection ended.", stage=Stage.MAIL))

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


def connections(url: str, supply: "Stream", *, count: int) -> None:
    """Send all that the supply has, over at most count connections at once.

    A connection that breaks is made anew while there is something to send. Raises SettingsError or
    UnreachableError when none can be made any more; what was not begun is still the supply's.
    """
    asyncio.run(all_sent(RelayUrl.parse(url), supply, count=count))


class Stream(Supply, Protocol):
    """A supply that goes on: it may have nothing for a moment."""

    async def more(self) -> bool:
        """Whether there is a next message; waits until that is known."""


async def all_sent(url: RelayUrl, supply: Stream, *, count: int) -> None:
    """As connections does, in the loop that runs."""
    first = await opened(url)  # a relay that does not let one in is not asked by many
    lanes = await asyncio.gather(
        _sent(url, supply, first),
        *(_sent(url, supply) for _ in range(count - 1)),
        return_exceptions=True,
    )
    failed = [lane for lane in lanes if isinstance(lane, BaseException)]
    grave = [one for one in failed if not isinstance(one, UnreachableError)]
    # A lane that could not be opened again is no trouble while another one was.
    if grave or len(failed) == count:
        raise (grave or failed)[0]


async def _sent(
    url: RelayUrl, supply: Stream, ready: tuple[Connection, Offered] | None = None
) -> None:
    """Send over one connection after the other until the supply has nothing more."""
    while await supply.more():
        connection, offered = ready or await opened(url)
        ready = None
        while connection.is_open and await supply.more():
            await connection.run(Dialogue(supply, offered))
        await connection.close()
    if ready is not None:
        await ready[0].close()
