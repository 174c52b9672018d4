"""Many messages to one relay or several, over some connections at once."""

import asyncio
from typing import Protocol

from newsletter.errors import SettingsError
from newsletter.mail.smtp.commands import Offered
from newsletter.mail.smtp.connection import BrokenError, Connection
from newsletter.mail.smtp.dialogue import Dialogue, Supply
from newsletter.mail.smtp.greeting import opened
from newsletter.mail.smtp.relays import Relays
from newsletter.mail.smtp.standing import Standing, Standings
from newsletter.mail.smtp.steps import RFC_5321, Timeouts

_LOOKS_S = 0.5  # A run that is stopped does not wait longer for a relay that does not greet.


class Stream(Supply, Protocol):
    """A supply that goes on: it may have nothing for a moment."""

    async def more(self) -> bool:
        """Whether there is a next message; waits until that is known."""


def connections(relays: Relays, supply: Stream, *, count: int) -> None:
    """Send all that the supply has, over at most count connections at once. Raises as all_sent."""
    asyncio.run(all_sent(relays, supply, count=count))


async def all_sent(
    relays: Relays,
    supply: Stream,
    *,
    count: int,
    standings: Standings | None = None,
    timeouts: Timeouts = RFC_5321,
) -> None:
    """Send all that the supply has, over at most count connections at once.

    A connection that breaks is made anew, to the relay whose turn it is, while there is something
    to send. Raises UnreachableError when none can be made to any relay, SettingsError when each
    refuses our password; what was not begun is still the supply's. standings are those of the whole
    process, where a relay that failed in one run is to be left alone in the next. Cancelling it
    breaks the connections; each message is answered or returned all the same.
    """
    lanes = _Lanes(standings or Standings(relays), supply, timeouts)
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(count):
                group.create_task(lanes.run())
    except BaseExceptionGroup as several:
        raise several.exceptions[0] from None


class _Lanes:
    """What the connections of one run share."""

    def __init__(self, standings: Standings, supply: Stream, timeouts: Timeouts) -> None:
        self._standings = standings
        self._supply = supply
        self._timeouts = timeouts
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Send over one connection after the other until the supply has nothing more."""
        while await self._supply.more():
            found = self._standings.choose(self._loop.time())
            if found is not None:
                await self._over(*found)
                self._tell_others()
            elif self._standings.is_hopeless(self._loop.time()):
                raise self._standings.trouble()
            else:
                await self._change()

    async def _over(self, standing: Standing, since: int) -> None:
        ready = await self._opened(standing, since)
        if ready is None:
            return
        self._standings.let_in(standing)
        self._tell_others()
        connection, offered = ready
        dialogue = Dialogue(self._supply, offered, most=standing.relay.messages)
        broke = ""
        try:
            while connection.is_open and not dialogue.is_spent and await self._supply.more():
                await connection.run(dialogue)
            # A goodbye after some messages is a cap of the relay's, and no trouble.
            is_goodbye = dialogue.farewell is not None and dialogue.answers > 0
            is_spared = is_goodbye or dialogue.is_stopped_by_us
            broke = "" if is_spared else connection.broken
            await connection.close()
        finally:
            connection.give_up()
            self._standings.ended(
                standing,
                answers=dialogue.answers,
                broke=broke,
                now=self._loop.time(),
                since=since,
            )

    async def _opened(self, standing: Standing, since: int) -> tuple[Connection, Offered] | None:
        """A connection, unless the relay gives none or the supply has come to its end."""
        attempt = asyncio.create_task(opened(standing.relay, self._timeouts))
        try:
            await asyncio.wait({attempt}, timeout=_LOOKS_S)
            while not attempt.done() and await self._supply.more():
                await asyncio.wait({attempt}, timeout=_LOOKS_S)
            if attempt.done():
                return attempt.result()
            self._standings.unneeded(standing)
        except BrokenError as error:
            self._standings.failed(standing, str(error), now=self._loop.time(), since=since)
        except SettingsError as error:
            self._standings.refused(standing, str(error))
        except BaseException:
            self._standings.unneeded(standing)
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


async def _dropped(attempt: asyncio.Task[tuple[Connection, Offered]]) -> None:
    """Give the attempt up, or the connection that it has just made."""
    attempt.cancel()
    await asyncio.wait({attempt})
    if not attempt.cancelled() and attempt.exception() is None:
        attempt.result()[0].give_up()
