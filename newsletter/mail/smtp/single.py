"""Handing a relay one letter, now and then. Nothing here needs speed."""

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from newsletter.domain.delivery.refusal_scope import is_beyond_relay
from newsletter.domain.delivery.smtp_reply import Reply, SmtpStage
from newsletter.errors import SettingsError
from newsletter.mail.smtp.commands import Envelope, Extensions
from newsletter.mail.smtp.connection import Connection, ConnectionLostError
from newsletter.mail.smtp.handshake import RefusedError, connect
from newsletter.mail.smtp.relay_health import Reason, trouble
from newsletter.mail.smtp.relay_url import RelaySet, RelayUrl
from newsletter.mail.smtp.session import SmtpSession
from newsletter.mail.smtp.timeouts import INTERACTIVE, Timeouts


class RelayConnection:
    """One open connection. others are asked, in turn, for what this relay cannot take."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        connection: Connection,
        offered: Extensions,
        *,
        others: Sequence[RelayUrl] = (),
        timeouts: Timeouts = INTERACTIVE,
    ) -> None:
        self._loop = loop
        self._connection = connection
        self._offered = offered
        self._others = deque(others)
        self._timeouts = timeouts

    @property
    def is_open(self) -> bool:
        """Whether another message may be tried."""
        return self._connection.is_open

    def send(self, envelope_from: str, recipient: str, message: bytes) -> Reply:
        """The relay's reply to this message: the one that decided, whichever command it was to.

        The message has CRLF line ends and no line that begins with a dot. Nothing is raised for a
        refusal or a broken connection; code 0 is the latter, and then is_open is False.
        """
        envelope = Envelope(0, envelope_from, recipient, message)
        reply = self._hand_over(envelope)
        while is_beyond_relay(reply) and self._go_to_next():
            reply = self._hand_over(envelope)
        return reply

    def _hand_over(self, envelope: Envelope) -> Reply:
        letter = _One(envelope)
        dialogue = SmtpSession(letter, self._offered)
        self._loop.run_until_complete(self._connection.run(dialogue))
        text = self._connection.broken or "The connection broke."
        return letter.reply or dialogue.farewell or Reply(code=0, text=text, stage=SmtpStage.MAIL)

    def _go_to_next(self) -> bool:
        """Return whether another relay lets us in; from now on it is this one."""
        while self._others:
            with suppress(ConnectionLostError, SettingsError, RefusedError):
                url = self._others.popleft()
                ready = self._loop.run_until_complete(connect(url, self._timeouts))
                self.close()
                self._connection, self._offered = ready
                return True
        return False

    def close(self) -> None:
        """Say goodbye and hang up."""
        self._loop.run_until_complete(self._connection.close())


class _One:
    """A supply of a single message."""

    def __init__(self, envelope: Envelope) -> None:
        self._envelope: Envelope | None = envelope
        self.reply: Reply | None = None

    def next_message(self) -> Envelope | None:
        envelope, self._envelope = self._envelope, None
        return envelope

    def confirm_start(self, envelope: Envelope) -> bool:
        return envelope.key == 0

    def give_back(self, envelope: Envelope) -> None:
        assert envelope.key == 0

    def on_reply(self, envelope: Envelope, reply: Reply) -> None:
        assert envelope.key == 0
        self.reply = reply


@contextmanager
def relay_connection(
    relays: RelaySet, *, timeouts: Timeouts = INTERACTIVE
) -> Iterator[RelayConnection]:
    """A connection to the first relay that lets one in, the heaviest first; closed at the end.

    Raises UnreachableError when none does, SettingsError when each refuses our user and password;
    both name the setting.
    """
    loop = asyncio.new_event_loop()
    try:
        ready, others = loop.run_until_complete(_first(relays, timeouts))
        relay = RelayConnection(loop, *ready, others=others, timeouts=timeouts)
        try:
            yield relay
        finally:
            relay.close()
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


async def _first(
    relays: RelaySet, timeouts: Timeouts
) -> tuple[tuple[Connection, Extensions], Sequence[RelayUrl]]:
    """Return a connection to the first relay that lets us in, and the relays behind it."""
    reasons: list[Reason] = []
    for number, url in enumerate(relays.by_weight, start=1):
        try:
            return await connect(url, timeouts), relays.by_weight[number:]
        except (ConnectionLostError, SettingsError, RefusedError) as error:
            short = error.why if isinstance(error, RefusedError) else ""
            is_out = not isinstance(error, ConnectionLostError)
            reasons.append(Reason(url, str(error), short, is_out))
    raise trouble(reasons)
