"""Many messages to one relay or several, over some connections at once."""

import asyncio
from functools import partial

from newsletter.errors import SettingsError
from newsletter.mail.smtp.commands import Extensions
from newsletter.mail.smtp.connection import Connection, ConnectionLostError
from newsletter.mail.smtp.handshake import RefusedError, connect
from newsletter.mail.smtp.relay_health import RelayPool, RelayState
from newsletter.mail.smtp.relay_url import RelaySet
from newsletter.mail.smtp.routes import MessageStream, Routes
from newsletter.mail.smtp.session import SmtpSession
from newsletter.mail.smtp.timeouts import RFC_5321, Timeouts

# A relay that lets us in and hangs up before this is not idle: it would be asked without end.
_IDLE_S = 2.0
_LOOKS_S = 0.5  # A run that is stopped does not wait longer for a relay that does not greet.


def connections(relays: RelaySet, supply: MessageStream, *, count: int) -> None:
    """Send all that the supply has, over at most count connections at once. Raises as send_all."""
    asyncio.run(send_all(relays, supply, count=count))


async def send_all(
    relays: RelaySet,
    supply: MessageStream,
    *,
    count: int,
    standings: RelayPool | None = None,
    timeouts: Timeouts = RFC_5321,
) -> None:
    """Send all that the supply has, over at most count connections at once.

    A connection that breaks is made anew, to the relay whose turn it is, while there is something
    to send. Raises UnreachableError when none can be made to any relay, RelayRefusesError when each
    refuses us or is too small for the message, SettingsError when each refuses our password; what
    was not begun is still the supply's. What one relay cannot take is offered to the others.
    standings are those of the whole process, where a relay that failed in one run is to be left
    alone in the next. Cancelling it breaks the connections; each message is answered or returned
    all the same.
    """
    lanes = _Lanes(standings or RelayPool(relays), supply, timeouts)
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(count):
                group.create_task(lanes.run())
    except BaseExceptionGroup as several:
        raise several.exceptions[0] from None
    finally:
        is_left = lanes.routes.give_back()
    if is_left:
        raise lanes.routes.trouble()


class _Lanes:
    """What the connections of one run share."""

    def __init__(self, standings: RelayPool, supply: MessageStream, timeouts: Timeouts) -> None:
        self._standings = standings
        self.routes = Routes(supply, standings)
        self._timeouts = timeouts
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Send over one connection after the other until the supply has nothing more."""
        among = self.routes.may_use
        while await self.routes.has_more():
            found = self._standings.choose(self._loop.time(), among=among)
            if found is not None:
                await self._over(*found)
                self._tell_others()
            elif not self._standings.is_hopeless(self._loop.time(), among=among):
                await self._change()
            elif not self.routes.strand():
                raise self.routes.trouble()

    async def _over(self, standing: RelayState, since: int) -> None:
        ready = await self._opened(standing, since)
        if ready is None:
            return
        connection, offered = ready
        self._standings.on_ready(standing, offered)
        self._tell_others()
        dialogue = self._dialogue(standing, offered)
        broke, began_at = "", self._loop.time()
        try:
            while (
                connection.is_open
                and not dialogue.is_spent
                and self.routes.may_go_on(standing)
                and await self.routes.has_more_for(standing)
            ):
                await connection.run(dialogue)
            was_open_s = self._loop.time() - began_at
            if not _is_spared(connection, dialogue, was_open_s):
                broke = connection.broken
            elif dialogue.was_cut_off:
                self._standings.ended_by_relay(standing, dialogue.answers)
            await connection.close()
        finally:
            connection.give_up()
            self._standings.on_closed(
                standing,
                answers=dialogue.answers,
                broke=broke,
                now=self._loop.time(),
                since=since,
            )

    def _dialogue(self, standing: RelayState, offered: Extensions) -> SmtpSession:
        return SmtpSession(
            self.routes.supply_for(standing),
            offered,
            most=standing.messages,
            relay=standing.relay.name,
            may_go_on=partial(self.routes.may_go_on, standing),
            pass_on=partial(self.routes.pass_on, standing),
        )

    async def _opened(
        self, standing: RelayState, since: int
    ) -> tuple[Connection, Extensions] | None:
        """A connection, unless the relay gives none or the supply has come to its end."""
        attempt = asyncio.create_task(connect(standing.relay, self._timeouts))
        try:
            await asyncio.wait({attempt}, timeout=_LOOKS_S)
            while not attempt.done() and await self.routes.has_more():
                await asyncio.wait({attempt}, timeout=_LOOKS_S)
            if attempt.done():
                return attempt.result()
            self._standings.release(standing)
        except ConnectionLostError as error:
            self._standings.on_connect_failed(
                standing, str(error), now=self._loop.time(), since=since
            )
        except (SettingsError, RefusedError) as error:
            short = error.why if isinstance(error, RefusedError) else ""
            now = self._loop.time()
            self._standings.on_auth_rejected(standing, str(error), now=now, short=short)
        except BaseException:
            self._standings.release(standing)
            await _dropped(attempt)
            raise
        await _dropped(attempt)
        return None

    def _tell_others(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _change(self) -> None:
        """Wait until another connection has begun or ended, or a moment."""
        changed = self._changed
        try:
            async with asyncio.timeout(_LOOKS_S):
                await changed.wait()
        except TimeoutError:
            return


def _is_spared(connection: Connection, dialogue: SmtpSession, was_open_s: float) -> bool:
    """Return whether the relay is well although the connection has ended.

    It had answered and leaves nothing in doubt: it takes so many messages a connection, or waits
    for so long. A goodbye is such an end too, and so is one before we had anything to ask.
    """
    is_goodbye = dialogue.farewell is not None
    if dialogue.answers:
        return is_goodbye or dialogue.is_stopped_by_us or _is_clean(connection, dialogue)
    is_idle = not dialogue.has_begun and was_open_s >= _IDLE_S
    return dialogue.is_stopped_by_us or (is_idle and (is_goodbye or connection.is_hung_up))


def _is_clean(connection: Connection, dialogue: SmtpSession) -> bool:
    return connection.is_hung_up and not dialogue.is_in_doubt


async def _dropped(attempt: asyncio.Task[tuple[Connection, Extensions]]) -> None:
    """Give the attempt up, or the connection that it has just made."""
    attempt.cancel()
    await asyncio.wait({attempt})
    if not attempt.cancelled() and attempt.exception() is None:
        attempt.result()[0].give_up()
