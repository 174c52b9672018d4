"""Keeps a run and the ledger in step: results, leases, the next batch in time, and its end."""

import asyncio
import time
from contextlib import suppress
from datetime import timedelta

from newsletter.domain.editions.edition import Edition
from newsletter.errors import UnreachableError
from newsletter.services.ports import Ports
from newsletter.services.sending.run.claims.claimed_batch import ClaimedBatch, PendingDelivery
from newsletter.services.sending.run.claims.edition_claims import EditionClaims
from newsletter.services.sending.run.claims.postpone import PostponementPlan
from newsletter.services.sending.run.ledger.claim_period import ClaimPeriod
from newsletter.services.sending.run.ledger.settlement import SettlementWriter
from newsletter.services.sending.run.send_run import SendRun
from newsletter.services.sending.run.throttle import EXCHANGE_INTERVAL_S, RunThrottle
from newsletter.store.delivery.run_presence import RunPresence

CLAIM_AHEAD = 256  # When so few are left the next batch is claimed, which takes some hundredths.
CLAIM_INTERVAL_S = 0.5  # Between two looks for what becomes due: half of what a bucket holds.


class LedgerSync:
    """Writes a run's results in bulk, renews its leases, claims ahead, and gives batches back.

    1. claim() a first batch.
    2. run() beside the connections, until stop().
    3. release_all().

    What it asks of PostgreSQL is another thread's work, or waited for; the run and its queue are
    changed in the event loop only.
    """

    def __init__(
        self, ports: Ports, edition: Edition, run: SendRun, *, throttle: RunThrottle
    ) -> None:
        self._ports = ports
        self._run = run
        self._queue = run.queue
        self._throttle = throttle
        self._claims = EditionClaims(ports, edition.id)
        self._writer = SettlementWriter(ports, edition)
        self._presence: RunPresence | None = None
        self.period = ClaimPeriod()
        self._plan = PostponementPlan()
        self._tending: asyncio.Task[None] | None = None
        self._tended_at = self._claims_again_at = 0.0
        self._is_held = self._is_over = False

    async def claim(self, batch: int | None = None) -> bool:
        """Return whether the run has work: a batch was claimed, or something is due soon.

        batch is tried first.
        """
        started_at = time.monotonic()
        try:
            await asyncio.to_thread(self._share_window)
            claimed = await asyncio.to_thread(self._claims.claim, batch)
            if claimed is None and batch is not None:
                claimed = await asyncio.to_thread(self._claims.claim)
        except OSError as error:
            self._run.stop(disk_error=error)
            claimed = None
        if claimed is not None:
            self._run.add_batch(*claimed)
            self._run.extend_lease(at=started_at)
            return True
        return await asyncio.to_thread(self._claims.is_due_soon)

    async def run(self, *, claims_for_s: float) -> None:
        """Settle and renew, each EXCHANGE_INTERVAL_S or when the run asks; claim for so long.

        While the database is away nothing more is started once the leases may be over; results
        wait until it is back.
        """
        self.period.begin(now=time.monotonic(), for_s=claims_for_s)
        try:
            while not self._is_over:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._run.wake.wait(), EXCHANGE_INTERVAL_S)
                self._run.wake.clear()
                await self.turn(now=time.monotonic())
                self._tend_beside()
                self._run.wake_connections()
        finally:
            if self._tending is not None:
                await self._tending

    def stop(self) -> None:
        """Have run() end with its turn: the connections have ended."""
        self._is_over = True
        self._run.wake.set()

    async def turn(self, *, now: float) -> None:
        """Settle; before that stop the run if its time is over. now counts seconds for the claims.

        It is over as well when this process is to end, or when no permit is to be had.
        """
        self.period.update(self._run.in_flight, now=now)
        is_overtime = self.period.is_overtime(now)
        if self._ports.is_ending() or is_overtime or self._throttle.is_exhausted:
            self._run.stop()
        await self.settle()

    async def settle(self) -> bool:
        """Write what is unsettled; return whether the database took it.

        Where the run stops for a reason, the edition is held for it in the same commit, once:
        whoever lets it go on while the last replies are waited for is not overruled.
        """
        started_at = time.monotonic()
        settlements = self._run.unsettled()
        reason = "" if self._is_held else self._run.stop_reason
        try:
            goes_on = await self._writer.write(settlements, stop_reason=reason)
        except UnreachableError:
            return False
        finally:
            for settlement in settlements:
                settlement.batch.end_writing()
        self._run.on_recorded(settlements, at=started_at)
        self._is_held = self._is_held or bool(reason)
        if not goes_on:  # held by somebody, or a lease is another's by now
            self._run.stop()
        return True

    async def tend(self, *, now: float) -> None:
        """See to the batches, which takes longer than a settlement.

        1. Put the journals on the disk.
        2. Postpone what waits for a provider that is slow.
        3. Release the batches that are over.
        4. Claim the next one, where few are left.
        """
        self._tended_at = time.monotonic()
        try:
            self._queue.flush_journals()
            await asyncio.to_thread(self._secure)
            await self._postpone(now)
            while batch := next(filter(self._is_done_with, self._queue.batches), None):
                await self._release(batch)
            await self._claim_ahead(now)
        except UnreachableError:
            pass  # the next turn asks again
        except OSError as error:
            self._run.stop(disk_error=error)

    async def release_all(self) -> None:
        """Write what is left to be, and give the batches back; nothing is in flight now.

        When the database stays away the journals are left for whoever comes next.
        """
        try:
            while True:
                if await self.settle() or self._run.is_lease_over:
                    break
                await asyncio.sleep(EXCHANGE_INTERVAL_S)
            for batch in [batch for batch in self._queue.batches if not batch.has_results]:
                await asyncio.to_thread(self._claims.release, batch)
                self._queue.batches.remove(batch)
        except UnreachableError:
            pass
        finally:
            for batch in self._queue.batches:
                with suppress(OSError):  # full: what is missing in it is in doubt
                    batch.close_journal()
            self.close()

    def close(self) -> None:
        """Leave its share of the window to the machine's other runs; no batch is claimed now."""
        self._writer.close()
        if self._presence is not None:
            self._presence.leave()

    def _tend_beside(self) -> None:
        """Have the batches tended, if it is time, while the next settlements are made."""
        if self._tending is not None:
            if not self._tending.done():
                return
            self._tending.result()
        is_due = time.monotonic() - self._tended_at >= EXCHANGE_INTERVAL_S
        if is_due or self._may_claim() or any(map(self._is_done_with, self._queue.batches)):
            self._tending = asyncio.create_task(self.tend(now=time.monotonic()))

    def _secure(self) -> None:
        """Have what stands in the journals outlive a loss of power, and share the window."""
        for batch in list(self._queue.batches):
            batch.sync_journal()
        self._share_window()

    def _share_window(self) -> None:
        """Share what may be in doubt with the other runs of this machine. Raises OSError."""
        window = self._queue.window
        if self._presence is None:
            self._presence = RunPresence(self._ports.journal_dir)
            window.open(self._presence.count(), now=time.monotonic())
            return
        self._presence.renew()
        window.share_with(self._presence.count())

    def _is_done_with(self, batch: ClaimedBatch) -> bool:
        """Whether nothing of the batch will be started any more, and no reply is waited for."""
        return batch.is_over or (batch.is_idle and self._run.is_stopping)

    async def _release(self, batch: ClaimedBatch) -> None:
        """Give back a batch of which everything is settled, now or at a later turn.

        Not before that: what its lease leaves behind is in doubt, also what only waits for another
        attempt. The connections do not see it meanwhile: its journal is closed in another thread.
        """
        self._queue.batches.remove(batch)
        self._claims_again_at = 0.0  # what was put off of it may be due
        try:
            await asyncio.to_thread(self._claims.release, batch)
        except UnreachableError:
            self._queue.batches.append(batch)
            raise

    async def _postpone(self, now: float) -> None:
        """Put off what waits for a provider that has had enough; nothing else waits for it.

        At the run's end all of it is given back as it is, for the next run.
        """
        if not self.period.is_open:
            self._queue.leave_throttled()
            return
        throttled = self._queue.throttled
        surplus = list(self._plan.postpone_surplus(throttled, self._throttle.gate, now=now))
        for postponement in surplus:
            wait = timedelta(seconds=postponement.wait_s)
            for batch in self._queue.batches:
                several = [each for each in postponement.pending if each.batch is batch]
                if several:
                    await self._reschedule(batch, several, wait)

    async def _reschedule(
        self, batch: ClaimedBatch, several: list[PendingDelivery], wait: timedelta
    ) -> None:
        try:
            await asyncio.to_thread(self._claims.reschedule, batch, several, wait)
        except UnreachableError:
            self._queue.throttled.put_all(several)
        else:
            batch.leave_queued(len(several))

    def _may_claim(self) -> bool:
        may_grow = self._queue.may_grow and not self._run.is_stopping
        return may_grow and self._queue.remaining < CLAIM_AHEAD

    async def _claim_ahead(self, now: float) -> None:
        queue = self._queue
        if not self._may_claim():
            return
        if not self.period.is_open:
            queue.may_grow = False
        elif now >= self._claims_again_at:
            claimed = await asyncio.to_thread(self._claims.claim)
            queue.is_last_batch = claimed is None
            if claimed is not None:
                self._run.add_batch(*claimed)
                self._run.wake.set()
            else:
                may_follow = await asyncio.to_thread(self._claims.is_due_soon)
                queue.may_grow = not queue.is_empty or may_follow
                self._claims_again_at = now + CLAIM_INTERVAL_S
