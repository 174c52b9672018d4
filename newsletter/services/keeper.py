"""What keeps a run and the ledger together: outcomes in bulk, leases, the next batch in time.

Its questions to PostgreSQL are another thread's work; what the connections look at is changed in
the event loop only.
"""

import asyncio
import time
from contextlib import suppress
from datetime import timedelta

from newsletter.domain.edition import Edition
from newsletter.errors import UnreachableError
from newsletter.mail.journal import Journal
from newsletter.mail.presence import Presence
from newsletter.services.hands import Given, Hand, Tally
from newsletter.services.judge import Judge
from newsletter.services.pace import TURN_S, Pace
from newsletter.services.ports import Ports
from newsletter.services.run import Run
from newsletter.services.settlement import Settlement, SettlementWriter
from newsletter.store import batches, deliveries

FIRST_LEASE = timedelta(seconds=10)  # Of a claim; the first turn renews it, before anything begins.
HOLDS_S = 45.0  # A worker that was stopped for longer begins nothing: its lease may be over.
AHEAD = 256  # When so few are left the next batch is claimed, which takes some hundredths.
PARKED = 64  # May wait in hand for one provider; what is beyond goes back to the ledger.
POSTPONED = timedelta(seconds=15)  # Then a run looks again whether the provider has recovered.
OVERTIME_S = 10.0  # A run that is paced gives back what it has not sent so long after its claims.
COMMIT_S = 0.005  # What a commit is taken to last before one was measured.


class Keeper:
    """Keeps one run: keep() beside the connections until finish(), and then let_go()."""

    def __init__(
        self, ports: Ports, edition: Edition, run: Run, *, judge: Judge, pace: Pace
    ) -> None:
        self._ports = ports
        self._edition = edition
        self._run = run
        self._pace = pace
        self._writer = SettlementWriter(ports, edition, judge)
        self._presence: Presence | None = None
        self._tending: asyncio.Task[None] | None = None
        self._tended_at = 0.0
        self._settled_at = time.monotonic()
        self._commit_s = COMMIT_S
        self._begun_count = 0
        self._claims_until = float("inf")
        self._is_over = False

    def claim(self, batch: int | None = None) -> bool:
        """Whether a batch is in hand now: that one if it is free, or the next that is due."""
        holds_until = time.monotonic() + HOLDS_S
        try:
            self._be_present()
            found = self._claimed(batch) or (self._claimed(None) if batch is not None else None)
        except OSError as error:
            self._run.stop_writing(error)
            found = None
        if found is not None:
            self._take(found)
            self._run.holds_until = holds_until
        else:
            self._leave()
        return found is not None

    async def keep(self, *, claims_for_s: float) -> None:
        """Settle, renew the leases, and claim ahead for so long.

        While the database is away nothing more is begun once the leases may be over; what was
        answered is kept until it is back.
        """
        self._claims_until = time.monotonic() + claims_for_s
        try:
            while not self._is_over:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._run.wake.wait(), TURN_S)
                self._run.wake.clear()
                await self._turn()
                self._run.look_again()
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
                if await self._settle_all() or time.monotonic() > self._run.holds_until:
                    break
                await asyncio.sleep(TURN_S)
            for hand in [hand for hand in self._run.hands if not hand.answers]:
                await asyncio.to_thread(self._let_go, hand)
                self._run.hands.remove(hand)
        except UnreachableError:
            pass
        finally:
            for hand in self._run.hands:
                with suppress(OSError):  # full: what is missing in it is in doubt
                    hand.journal.leave()
            self._leave()

    async def _turn(self) -> None:
        is_over = time.monotonic() > self._claims_until + OVERTIME_S
        if self._ports.is_ending() or is_over or self._pace.is_long:
            self._run.ending.set()
        await self._settle_all()
        self._tend_beside()

    def _tend_beside(self) -> None:
        """Have the batches tended, if it is time, while the next settlements are made."""
        if self._tending is not None:
            if not self._tending.done():
                return
            self._tending.result()
        is_due = time.monotonic() - self._tended_at >= TURN_S
        if is_due or self._may_claim() or any(hand.is_over for hand in self._run.hands):
            self._tending = asyncio.create_task(self._tend())

    async def _tend(self) -> None:
        """Put the journals on the disk, give back what is over or must wait, and claim ahead."""
        self._tended_at = time.monotonic()
        try:
            self._run.write_journals()
            await asyncio.to_thread(self._secure)
            await self._postpone()
            while hand := next((hand for hand in self._run.hands if hand.is_over), None):
                await self._give_back(hand)
            await self._claim_ahead()
        except UnreachableError:
            pass  # the next turn asks again
        except OSError as error:
            self._run.stop_writing(error)

    def _secure(self) -> None:
        """Have what stands in the journals outlive the machine's power, and reckon with others."""
        for hand in list(self._run.hands):
            hand.journal.sync()
        self._be_present()

    def _be_present(self) -> None:
        """Share what may be in doubt with the other runs of this machine."""
        window = self._run.window
        if self._presence is None:
            self._presence = Presence(self._ports.journal)
            window.open(self._presence.count(), now=time.monotonic())
            return
        self._presence.renew()
        window.share_with(self._presence.count())

    def _leave(self) -> None:
        self._writer.close()
        if self._presence is not None:
            self._presence.leave()

    async def _give_back(self, hand: Hand) -> None:
        """Let go of a batch of which everything is settled, now or at a later turn.

        Held until then: what its lease leaves behind is in doubt, also what only waits for another
        attempt. The connections do not see it meanwhile: its journal is closed in another thread.
        """
        self._run.hands.remove(hand)
        try:
            await asyncio.to_thread(self._let_go, hand)
        except UnreachableError:
            self._run.hands.append(hand)
            raise

    async def _postpone(self) -> None:
        """Put off what waits for a provider that has had enough; nothing else waits for it."""
        parked = self._run.parked
        surplus = parked.beyond(0 if time.monotonic() > self._claims_until else PARKED)
        for hand in self._run.hands:
            mine = [given for given in surplus if given.hand is hand]
            try:
                await asyncio.to_thread(self._postponed, hand, mine)
            except UnreachableError:
                for given in mine:
                    parked.put(given)
            else:
                hand.settled += len(mine)

    async def _settle_all(self) -> bool:
        """Whether the database took what there was."""
        run, started = self._run, time.monotonic()
        self._measure(started)
        run.ask()
        news = self._news()
        try:
            writing = asyncio.to_thread(self._writer.write, news, run.stops_because)
            goes_on = await writing
        except UnreachableError:
            return False
        finally:
            for one in news:
                one.hand.is_being_settled = False
        self._commit_s += (time.monotonic() - started - self._commit_s) / 8
        for one in news:
            one.is_written_down(started)
        run.window.granted()
        renewed = [hand.renewed_at for hand in run.hands if hand.renewed_at > 0]
        run.holds_until = min(renewed, default=started) + HOLDS_S
        if not goes_on:  # held by somebody, or a lease is another's by now
            run.ending.set()
        return True

    def _news(self) -> list[Settlement]:
        """Of the batches in hand those of which the ledger has to hear, or one of the others.

        For its answer tells whether the edition is being sent still.
        """
        everything = [
            Settlement.of(hand, self._run.ids_in_window(hand)) for hand in self._run.hands
        ]
        due = [one for one in everything if one.is_due]
        news = due or sorted(everything, key=lambda one: one.hand.renewed_at)[:1]
        for one in news:
            one.hand.writing, one.hand.is_being_settled = len(one.answers), True
        return news

    def _measure(self, now: float) -> None:
        """Have the window follow the rate."""
        run = self._run
        begun, elapsed_s = run.begun_count - self._begun_count, now - self._settled_at
        run.window.measure(begun, elapsed_s, self._commit_s)
        self._begun_count, self._settled_at = run.begun_count, now

    def _may_claim(self) -> bool:
        run = self._run
        return run.left < AHEAD and run.has_more and not run.ending.is_set()

    async def _claim_ahead(self) -> None:
        run = self._run
        if not self._may_claim():
            return
        found = None
        if time.monotonic() < self._claims_until:
            found = await asyncio.to_thread(self._claimed, None)
            run.is_last = found is None
        if found is None:
            run.has_more = False
        else:
            self._take(found)
            run.wake.set()

    def _take(self, found: tuple[Hand, Tally]) -> None:
        hand, self._run.tally = found
        self._run.hands.append(hand)

    def _claimed(self, batch: int | None) -> tuple[Hand, Tally] | None:
        """A batch in a new hand, and how the edition stands.

        Nothing of it may be begun before the next turn has settled it: a worker killed between its
        claim and its journal leaves a lease that puts nothing in doubt.
        """
        with self._ports.store.begin() as session:
            found = batches.claim(
                session,
                self._edition.id,
                now=self._ports.now(),
                lease=FIRST_LEASE,
                batch=batch,
            )
            if found is None:
                return None
            stands = deliveries.progress(session, [self._edition.id])[self._edition.id]
        try:
            journal = Journal(
                self._ports.journal,
                edition_id=found.edition_id,
                batch=found.batch,
                fence=found.fence,
            )
        except OSError:
            with self._ports.store.begin() as session:
                batches.release(session, found)
            raise
        return Hand(found, journal), Tally(stands.queued, stands.sent, stands.failed)

    def _postponed(self, hand: Hand, given: list[Given]) -> None:
        if given:
            ids = [one.due.subscriber_id for one in given]
            with self._ports.store.begin() as session:
                batches.postpone(session, hand.batch, ids, due_at=self._ports.now() + POSTPONED)

    def _let_go(self, hand: Hand) -> None:
        """Give the batch back; nothing of it is in flight."""
        with self._ports.store.begin() as session:
            batches.release(session, hand.batch)
        hand.journal.done()
