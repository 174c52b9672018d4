"""What keeps a run and the ledger together: outcomes in bulk, leases, the next batch in time.

Its questions to PostgreSQL are another thread's work; what the connections look at is changed in
the event loop only.
"""

import asyncio
import time
from contextlib import suppress
from datetime import timedelta

from newsletter.domain.editions.edition import Edition
from newsletter.domain.editions.states import is_sending
from newsletter.errors import UnreachableError
from newsletter.services.ports import Ports
from newsletter.services.sending.run.claim_period import ClaimPeriod
from newsletter.services.sending.run.claimed_batch import ClaimedBatch, PendingDelivery, RunCounters
from newsletter.services.sending.run.claims import claim_batch, postpone, release_batch
from newsletter.services.sending.run.outcomes import OutcomePolicy
from newsletter.services.sending.run.postpone import Timetable
from newsletter.services.sending.run.send_run import SendRun
from newsletter.services.sending.run.settlement import Settlement, SettlementWriter
from newsletter.services.sending.run.throttle import EXCHANGE_INTERVAL_S, RunThrottle
from newsletter.store.delivery import deliveries
from newsletter.store.delivery.run_presence import RunPresence
from newsletter.store.editions import editions

HOLDS_S = 45.0  # A worker that was stopped for longer begins nothing: its lease may be over.
AHEAD = 256  # When so few are left the next batch is claimed, which takes some hundredths.
CLAIMS_AGAIN_S = 0.5  # Between two looks for what becomes due: half of what a bucket holds.
# A run whose rest is due so soon waits for it: of a provider's pace one second's worth is saved up
# at the most, so that whoever left it to the next minute would send less than the provider takes.
SOON = timedelta(seconds=5)
COMMIT_S = 0.005  # What a commit is taken to last before one was measured.


class LedgerSync:
    """Keeps one run: keep() beside the connections until finish(), and then let_go()."""

    def __init__(
        self,
        ports: Ports,
        edition: Edition,
        run: SendRun,
        *,
        judge: OutcomePolicy,
        pace: RunThrottle,
    ) -> None:
        self._ports = ports
        self._edition = edition
        self._run = run
        self._pace = pace
        self._writer = SettlementWriter(ports, edition, judge)
        self._presence: RunPresence | None = None
        self._tending: asyncio.Task[None] | None = None
        self._tended_at = 0.0
        self._settled_at = time.monotonic()
        self._commit_s = COMMIT_S
        self._begun_count = 0
        self.claims = ClaimPeriod()
        self._claims_again_at = 0.0
        self._timetable = Timetable()
        self._is_over = False

    def claim(self, batch: int | None = None) -> bool:
        """Whether a batch is in hand now: that one if it is free, or the next that is due."""
        holds_until = time.monotonic() + HOLDS_S
        try:
            self._be_present()
            found = self._claim(batch) or (self._claim(None) if batch is not None else None)
        except OSError as error:
            self._run.stop_writing(error)
            found = None
        if found is not None:
            self._take(found)
            self._run.lease_valid_until = holds_until
        return found is not None

    def is_due_soon(self) -> bool:
        """Return whether something of the edition that nobody has in hand is due soon."""
        soon = self._ports.now() + SOON
        with self._ports.store.begin() as session:
            if not is_sending(editions.status(session, self._edition.id)):
                return False
            return bool(deliveries.due_batches(session, self._edition.id, now=soon, limit=1))

    async def keep(self, *, claims_for_s: float) -> None:
        """Settle, renew the leases, and claim ahead for so long.

        While the database is away nothing more is begun once the leases may be over; what was
        answered is kept until it is back.
        """
        self.claims.begin(now=time.monotonic(), for_s=claims_for_s)
        try:
            while not self._is_over:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._run.wake.wait(), EXCHANGE_INTERVAL_S)
                self._run.wake.clear()
                await self.settle(now=time.monotonic())
                self._tend_beside()
                self._run.wake_lanes()
        finally:
            if self._tending is not None:
                await self._tending

    def finish(self) -> None:
        """The connections have ended: keep() ends with its turn."""
        self._is_over = True
        self._run.wake.set()

    async def let_go(self) -> None:
        """Write down what is left to be, and give the batches back; nothing is in flight now.

        When the database stays away the journals are left for whoever comes next.
        """
        try:
            while True:
                if await self._settle_all() or time.monotonic() > self._run.lease_valid_until:
                    break
                await asyncio.sleep(EXCHANGE_INTERVAL_S)
            for hand in [hand for hand in self._run.claims if not hand.answers]:
                await asyncio.to_thread(release_batch, self._ports, hand)
                self._run.claims.remove(hand)
        except UnreachableError:
            pass
        finally:
            for hand in self._run.claims:
                with suppress(OSError):  # full: what is missing in it is in doubt
                    hand.journal.close()
            self.leave()

    async def settle(self, *, now: float) -> None:
        """Settle what was answered, and have the next named. now counts seconds for the claims."""
        self.claims.update(self._run.in_flight, now=now)
        if self._ports.is_ending() or self.claims.is_overtime(now) or self._pace.is_exhausted:
            self._run.stopping.set()
        await self._settle_all()

    def _tend_beside(self) -> None:
        """Have the batches tended, if it is time, while the next settlements are made."""
        if self._tending is not None:
            if not self._tending.done():
                return
            self._tending.result()
        is_due = time.monotonic() - self._tended_at >= EXCHANGE_INTERVAL_S
        if is_due or self._may_claim() or any(map(self._is_done_with, self._run.claims)):
            self._tending = asyncio.create_task(self.tend(now=time.monotonic()))

    async def tend(self, *, now: float) -> None:
        """Put the journals on the disk, give back what is over or must wait, and claim ahead."""
        self._tended_at = time.monotonic()
        try:
            self._run.write_journals()
            await asyncio.to_thread(self._secure)
            await self._postpone(now)
            while hand := next(filter(self._is_done_with, self._run.claims), None):
                await self._give_back(hand)
            await self._claim_ahead(now)
        except UnreachableError:
            pass  # the next turn asks again
        except OSError as error:
            self._run.stop_writing(error)

    def _secure(self) -> None:
        """Have what stands in the journals outlive the machine's power, and reckon with others."""
        for hand in list(self._run.claims):
            hand.journal.sync()
        self._be_present()

    def _be_present(self) -> None:
        """Share what may be in doubt with the other runs of this machine."""
        window = self._run.window
        if self._presence is None:
            self._presence = RunPresence(self._ports.journal_dir)
            window.open(self._presence.count(), now=time.monotonic())
            return
        self._presence.renew()
        window.share_with(self._presence.count())

    def leave(self) -> None:
        """Let the other runs of this machine have its share; nothing is in hand."""
        self._writer.close()
        if self._presence is not None:
            self._presence.leave()

    def _is_done_with(self, hand: ClaimedBatch) -> bool:
        """Whether nothing of the batch will be begun any more, and nothing waits for an answer."""
        is_settled = hand.settled + hand.parked == hand.given and not hand.answers
        may_leave = is_settled and not hand.is_being_settled
        return hand.is_over or (may_leave and self._run.stopping.is_set())

    async def _give_back(self, hand: ClaimedBatch) -> None:
        """Let go of a batch of which everything is settled, now or at a later turn.

        Held until then: what its lease leaves behind is in doubt, also what only waits for another
        attempt. The connections do not see it meanwhile: its journal is closed in another thread.
        """
        self._run.claims.remove(hand)
        self._claims_again_at = 0.0  # what was put off of it may be due
        try:
            await asyncio.to_thread(release_batch, self._ports, hand)
        except UnreachableError:
            self._run.claims.append(hand)
            raise

    async def _postpone(self, now: float) -> None:
        """Put off what waits for a provider that has had enough; nothing else waits for it.

        At the run's end all of it is given back as it is, for the next run.
        """
        parked = self._run.parked
        if not self.claims.is_open:
            for waiting in parked.take_all():
                waiting.claim.settled += 1
            return
        for postponement in list(
            self._timetable.postpone_surplus(parked, self._pace.gate, now=now)
        ):
            wait = timedelta(seconds=postponement.wait_s)
            for hand in self._run.claims:
                several = [given for given in postponement.pending if given.claim is hand]
                if several:
                    await self._postpone_of(hand, several, wait)

    async def _postpone_of(
        self, hand: ClaimedBatch, several: list[PendingDelivery], wait: timedelta
    ) -> None:
        try:
            await asyncio.to_thread(postpone, self._ports, hand, several, wait)
        except UnreachableError:
            self._run.parked.put_all(several)
        else:
            hand.settled += len(several)

    async def _settle_all(self) -> bool:
        """Whether the database took what there was."""
        run, started = self._run, time.monotonic()
        self._measure(started)
        run.ask()
        news = self._news()
        try:
            goes_on = await self._writer.write(news, run.stop_reason)
        except UnreachableError:
            return False
        finally:
            for one in news:
                one.claim.is_being_settled = False
        self._commit_s += (time.monotonic() - started - self._commit_s) / 8
        for one in news:
            one.is_written_down(started)
        run.window.granted()
        renewed = [hand.renewed_at for hand in run.claims if hand.renewed_at > 0]
        run.lease_valid_until = min(renewed, default=started) + HOLDS_S
        if not goes_on:  # held by somebody, or a lease is another's by now
            run.stopping.set()
        return True

    def _news(self) -> list[Settlement]:
        """Of the batches in hand those of which the ledger has to hear, or one of the others.

        For its answer tells whether the edition is being sent still.
        """
        everything = [
            Settlement.of(hand, self._run.ids_in_window(hand)) for hand in self._run.claims
        ]
        due = [one for one in everything if one.is_due]
        news = due or sorted(everything, key=lambda one: one.claim.renewed_at)[:1]
        for one in news:
            one.claim.writing, one.claim.is_being_settled = len(one.answers), True
        return news

    def _measure(self, now: float) -> None:
        """Have the window follow the rate."""
        run = self._run
        begun, elapsed_s = run.begun_count - self._begun_count, now - self._settled_at
        run.window.measure(begun, elapsed_s, self._commit_s)
        self._begun_count, self._settled_at = run.begun_count, now

    def _may_claim(self) -> bool:
        run = self._run
        return run.left < AHEAD and run.has_more and not run.stopping.is_set()

    async def _claim_ahead(self, now: float) -> None:
        run = self._run
        if not self._may_claim():
            return
        if not self.claims.is_open:
            run.has_more = False
        elif now >= self._claims_again_at:
            found = await asyncio.to_thread(self._claim, None)
            run.is_last = found is None
            if found is not None:
                self._take(found)
                run.wake.set()
            else:
                has_some = bool(run.left or run.parked or len(run.window))
                run.has_more = has_some or await asyncio.to_thread(self.is_due_soon)
                self._claims_again_at = now + CLAIMS_AGAIN_S

    def _claim(self, batch: int | None) -> tuple[ClaimedBatch, RunCounters] | None:
        return claim_batch(self._ports, self._edition.id, batch)

    def _take(self, found: tuple[ClaimedBatch, RunCounters]) -> None:
        hand, self._run.tally = found
        self._run.claims.append(hand)
