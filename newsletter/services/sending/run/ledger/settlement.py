"""Writing settlements: the results of batches, and whom the ledger names for them."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from newsletter.domain.editions.edition import Edition
from newsletter.domain.editions.states import is_sending
from newsletter.services.ports import Ports
from newsletter.services.sending.run.claims.claimed_batch import Settlement
from newsletter.services.sending.run.ledger.hold_edition import hold_edition
from newsletter.services.sending.run.outcomes import suppress_dead_addresses
from newsletter.store import LedgerConnectionLostError
from newsletter.store.delivery import batches

LEASE = timedelta(seconds=60)  # Renewed by and by; a worker silent for so long is gone.


class SettlementWriter:
    """Writes settlements, one after the other; to be closed."""

    def __init__(self, ports: Ports, edition: Edition) -> None:
        self._store = ports.store
        self._now = ports.now
        self._edition = edition
        self._line = ports.store.line()

    async def write(self, settlements: Sequence[Settlement], *, stop_reason: str = "") -> bool:
        """Return whether the claims hold and the edition goes on, with everything written.

        Each settlement is one statement and one commit. Where something follows from one, or the
        edition is to be held for the stop_reason, all are one commit. Raises UnreachableError.
        """
        has_effects = any(each.has_effects for one in settlements for each in one.results)
        if stop_reason or has_effects:
            return await asyncio.to_thread(self._write_together, settlements, stop_reason)
        return await self._write_each(settlements)

    def close(self) -> None:
        """Give the connection back."""
        self._line.close()

    async def _write_each(self, settlements: Sequence[Settlement]) -> bool:
        """Write each by itself.

        Where the connection is lost, that one and those behind it are written together: over a
        connection of the pool, which says what is wrong. Those before it stand in the ledger. To
        write one twice is as good as once, since only what is queued is counted.
        """
        goes_on = True
        for number, settlement in enumerate(settlements):
            try:
                status = await batches.record_outcomes_alone(self._line, **self._values(settlement))
            except LedgerConnectionLostError:
                rest = settlements[number:]
                return await asyncio.to_thread(self._write_together, rest, "") and goes_on
            goes_on = goes_on and is_sending(status)
        return goes_on

    def _write_together(self, settlements: Sequence[Settlement], stop_reason: str) -> bool:
        goes_on = True
        with self._store.begin() as session:
            for settlement in settlements:
                status = batches.record_outcomes(session, **self._values(settlement))
                if status is not None:
                    suppress_dead_addresses(session, settlement.results, now=self._now())
                goes_on = goes_on and is_sending(status)
            if stop_reason:
                hold_edition(session, self._edition, stop_reason)
        return goes_on

    def _values(self, settlement: Settlement) -> dict[str, Any]:
        now: datetime = self._now()
        return {
            "batch": settlement.batch.claim,
            "outcomes": [result.outcome for result in settlement.results],
            "now": now,
            "lease": LEASE,
            "window": settlement.window_ids,
        }
