"""Handing a relay one letter, now and then. Nothing here needs speed."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from newsletter.domain.delivery import Reply, Stage
from newsletter.errors import SettingsError
from newsletter.mail.smtp.commands import Envelope, Offered
from newsletter.mail.smtp.connection import BrokenError, Connection
from newsletter.mail.smtp.dialogue import Dialogue
from newsletter.mail.smtp.greeting import opened
from newsletter.mail.smtp.relays import Relays
from newsletter.mail.smtp.standing import trouble
from newsletter.mail.smtp.steps import FOR_A_LETTER, Timeouts
from newsletter.mail.smtp.url import RelayUrl


class Relay:
    """One open connection."""

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
        text = self._connection.broken or "The connection broke."
        return letter.reply or dialogue.farewell or Reply(code=0, text=text, stage=Stage.MAIL)

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
        assert envelope.key == 0

    def answered(self, envelope: Envelope, reply: Reply) -> None:
        assert envelope.key == 0
        self.reply = reply


@contextmanager
def connected(relays: Relays, *, timeouts: Timeouts = FOR_A_LETTER) -> Iterator[Relay]:
    """A connection to the first relay that lets one in, the heaviest first; closed at the end.

    Raises UnreachableError when none does, SettingsError when each refuses our name and password;
    both name the setting.
    """
    loop = asyncio.new_event_loop()
    try:
        relay = Relay(loop, *loop.run_until_complete(_first(relays, timeouts)))
        try:
            yield relay
        finally:
            relay.close()
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


async def _first(relays: Relays, timeouts: Timeouts) -> tuple[Connection, Offered]:
    reasons: list[tuple[RelayUrl, str, bool]] = []
    for url in relays.by_weight:
        try:
            return await opened(url, timeouts)
        except (BrokenError, SettingsError) as error:
            reasons.append((url, str(error), isinstance(error, SettingsError)))
    raise trouble(reasons)
