"""One run's permits, exchanged with all other runs several times a second, in PostgreSQL."""

import asyncio
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from uuid import uuid4
from zlib import crc32

from newsletter.domain.throttling.gate import SendGate
from newsletter.domain.throttling.limits import PermitGrant, PermitRequest, divide_connections
from newsletter.errors import UnreachableError
from newsletter.services.ports import Ports
from newsletter.store import LedgerConnectionLostError
from newsletter.store.delivery import provider_rates, send_permits
from newsletter.store.delivery.send_permits import Drawn

EXCHANGE_INTERVAL_S = 0.2  # What a rate per second needs to be kept well.
# Where nothing is limited: how soon a run hears that a provider throttled another one. It would be
# throttled there itself, and an exchange costs the database 0.8 ms. Its own news it tells at once.
UNLIMITED_INTERVAL_S = 1.0
# A run's wait is up to a quarter shorter or longer than another's, so that no run always comes just
# after another one and finds the bucket empty.
JITTER = 0.25
LONG_S = 10.0  # Beyond what any rate per second makes a run wait.


class RunThrottle:
    """Whether a message may go now; run() beside the sending until finish(), and then release()."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._name = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex}"
        self._line = ports.store.line()
        share = crc32(self._name.encode()) / 0xFFFF_FFFF  # between 0 and 1, the same for a name
        self._interval_s = EXCHANGE_INTERVAL_S * (1 - JITTER + 2 * JITTER * share)
        self._is_over = asyncio.Event()
        self._exchanges_at = 0.0  # At the next turn where the time has passed.
        self.wait_s = 0.0  # How long nothing may go, as far as that is known.
        self.gate = SendGate(time.monotonic)

    @property
    def is_exhausted(self) -> bool:
        """Whether it is not worth waiting for a permit: the day's quota is used up."""
        return self.wait_s > LONG_S and self.gate.permits < 1

    async def run(self, on_grant: Callable[[], None]) -> None:
        """Exchange permits until finish(); on_grant is called each time."""
        while not self._is_over.is_set():
            if self.gate.is_throttled or time.monotonic() >= self._exchanges_at:
                await self._exchange()
            on_grant()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._is_over.wait(), self._interval_s)

    def finish(self) -> None:
        """The connections have ended: run() ends with its exchange."""
        self._is_over.set()

    async def release(self) -> None:
        """Give back what is left to the others."""
        self.gate.close()
        request = self.gate.make_request()
        held = PermitRequest(back=request.back, throttled=request.throttled, used=request.used)
        try:
            await self._draw(held)
            await send_permits.leave_alone(self._line, self._name)
        except LedgerConnectionLostError:
            pass  # the others count without it in ten seconds
        finally:
            self._line.close()

    async def _exchange(self) -> None:
        """Do one exchange; while the database is away nothing is granted.

        What was asked may have been done when the connection broke, so it is not asked again: what
        was given back or drawn then is lost to all.
        """
        try:
            drawn = await self._draw(self.gate.make_request())
        except LedgerConnectionLostError:
            self._exchanges_at = 0.0
            with suppress(UnreachableError):
                await asyncio.to_thread(self._raise_what_is_wrong)
            return
        caps = self._ports.send_limits.connections
        self._exchanges_at = 0.0 if drawn.permits else time.monotonic() + UNLIMITED_INTERVAL_S
        self.wait_s = drawn.wait_s
        self.gate.apply_grant(
            PermitGrant(
                permits=drawn.permits,
                connections=divide_connections(caps, runs=drawn.runs, rank=drawn.rank),
                rates=drawn.rates,
            )
        )

    async def _draw(self, request: PermitRequest) -> Drawn:
        await provider_rates.throttle_down_alone(self._line, self._name, request)
        return await send_permits.exchange_alone(
            self._line, self._name, self._ports.send_limits, request
        )

    def _raise_what_is_wrong(self) -> None:
        """Ask for nothing, over another connection: what fails there says why."""
        with self._ports.store.begin() as session:
            send_permits.exchange(session, self._name, self._ports.send_limits, PermitRequest())
