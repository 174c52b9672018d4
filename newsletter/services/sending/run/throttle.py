"""One run's pace: permits, exchanged with all other runs each turn."""

import asyncio
import os
import socket
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from newsletter.domain.throttling.gate import Pacer
from newsletter.errors import UnreachableError
from newsletter.services.ports import Ports
from newsletter.store.delivery import deliveries
from newsletter.throttle.shared_limiter import Quota

EXCHANGE_INTERVAL_S = 0.2  # Between two exchanges: what a rate per second needs to be kept well.
LONG_S = 10.0  # Beyond what any rate per second makes a run wait.
_DAY = timedelta(hours=24)  # A relay's daily quota is that of the last 24 hours.


class RunThrottle:
    """Whether a message may go now; keep() beside the sending until finish(), and then leave()."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._is_over = asyncio.Event()
        self.wait_s = 0.0  # How long nothing may go, as far as that is known.
        self.pacer = Pacer(now=time.monotonic())
        self._quota = Quota(
            ports.redis_url,
            ports.send_limits,
            run=f"{socket.gethostname()}:{os.getpid()}:{id(self)}",
            sent_lately=self._sent_lately,
        )

    @property
    def is_exhausted(self) -> bool:
        """Whether it is not worth waiting for a permit: the day's quota is used up."""
        return self.wait_s > LONG_S

    async def run(self, granted: Callable[[], None]) -> None:
        """Exchange permits each EXCHANGE_INTERVAL_S until finish(); granted is called each time."""
        while not self._is_over.is_set():
            await self._turn()
            granted()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._is_over.wait(), EXCHANGE_INTERVAL_S)

    def finish(self) -> None:
        """The connections have ended: keep() ends with its turn."""
        self._is_over.set()

    async def _turn(self) -> None:
        now = time.monotonic()
        ask = self.pacer.asks(now)
        with suppress(UnreachableError):  # the ledger is away: nothing new is granted
            grants = await asyncio.to_thread(self._quota.turn, ask, now=now)
            self.wait_s = grants.wait_s
            self.pacer.granted(grants)

    async def release(self) -> None:
        """Give back what is left to the others."""
        now = time.monotonic()
        await asyncio.to_thread(self._quota.leave, self.pacer.asks(now), now=now)

    def _sent_lately(self) -> Iterable[tuple[datetime, int]]:
        with self._ports.store.begin() as session:
            return deliveries.sent_since(session, self._ports.now() - _DAY)
