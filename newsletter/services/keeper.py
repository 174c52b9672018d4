"""What keeps a run and the ledger together: outcomes in bulk, leases, the next batch in time.

Its questions to PostgreSQL are another thread's work; what the connections look at is changed in
the event loop only.
"""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from newsletter.domain.delivery import Next
from newsletter.domain.edition import Edition, EditionStatus
from newsletter.errors import UnreachableError
from newsletter.mail.journal import Journal
from newsletter.services.claim_period import ClaimPeriod
from newsletter.services.hands import Answer, Given, Hand, Tally
from newsletter.services.judge import Judge, stop
from newsletter.services.pace import TURN_S, Pace
from newsletter.services.ports import Ports
from newsletter.services.postpone import Timetable
from newsletter.services.run import Run
from newsletter.store import Session, batches, deliveries, editions

LEASE = timedelta(seconds=60)  # Renewed at each turn; a worker silent for so long is gone.
FIRST_LEASE = timedelta(seconds=10)  # Of a claim; the first turn renews it, before anything begins.
HOLDS_S = 45.0  # A worker that was stopped for longer begins nothing: its lease may be over.
WINDOW = 256  # May be begun beyond what is settled: the most a lost machine puts in doubt.
CLAIMS_AGAIN_S = 0.5  # Between two looks for what becomes due: half of what a bucket holds.
# A run whose rest is due so soon waits for it: of a provider's pace one second's worth is saved up
# at the most, so that whoever left it to the next minute would send less than the provider takes.
SOON = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class _News:
    """What is to be written down of a batch, and how many of it may be begun from then on."""

    hand: Hand
    answers: list[Answer]
    ahead: int

    @classmethod
    def of(cls, hand: Hand, run: Run) -> Self:
        answers = list(hand.answers)
        hand.writing = len(answers)
        if run.ending.is_set():  # only what was begun is in doubt, however long the answer takes
            return cls(hand, answers, run.count_to_last_begun(hand))
        ahead = hand.settled + len(answers) + hand.parked + WINDOW
        return cls(hand, answers, min(len(hand.batch.deliveries), ahead))

    @property
    def through(self) -> int:
        """The subscriber up to whom it may be begun."""
        return self.hand.batch.deliveries[self.ahead - 1].subscriber_id if self.ahead else 0

    def is_written_down(self) -> None:
        """The answers leave the hand: not before they stand in the ledger, whatever fails."""
        del self.hand.answers[: len(self.answers)]
        self.hand.writing = 0
        self.hand.settled += len(self.answers)
        self.hand.allowed = self.ahead


class Keeper:
    """Keeps one run: keep() beside the connections until finish(), and then let_go()."""

    def __init__(
        self, ports: Ports, edition: Edition, run: Run, *, judge: Judge, pace: Pace
    ) -> None:
        self._ports = ports
        self._edition = edition
        self._run = run
        self._judge = judge
        self._pace = pace
        self.claims = ClaimPeriod()
        self._claims_again_at = 0.0
        self._timetable = Timetable()
        self._is_over = False

    def claim(self, batch: int | None = None) -> bool:
        """Whether a batch is in hand now: that one if it is free, or the next that is due."""
        holds_until = time.monotonic() + HOLDS_S
        found = self._claimed(batch) or (self._claimed(None) if batch is not None else None)
        if found is not None:
            self._take(found)
            self._run.holds_until = holds_until
        return found is not None

    def is_due_soon(self) -> bool:
        """Return whether something of the edition that nobody has in hand is due soon."""
        soon = self._ports.now() + SOON
        with self._ports.store.begin() as session:
            if editions.status(session, self._edition.id) is not EditionStatus.SENDING:
                return False
            return bool(deliveries.due_batches(session, self._edition.id, now=soon, limit=1))

    async def keep(self, *, claims_for_s: float) -> None:
        """Settle, renew the leases, and claim ahead for so long.

        While the database is away nothing more is begun once the leases may be over; what was
        answered is kept until it is back.
        """
        self.claims.begin(now=time.monotonic(), for_s=claims_for_s)
        while not self._is_over:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._run.wake.wait(), TURN_S)
            self._run.wake.clear()
            await self.turn(now=time.monotonic())
            self._run.look_again()

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
                hand.journal.leave()

    async def turn(self, *, now: float) -> None:
        """Do once what keep does each TURN_S. now counts seconds, on the claims' clock."""
        self._see_to_the_end(now)
        holds_until = time.monotonic() + HOLDS_S
        if not await self._settle_all():
            return
        self._run.holds_until = holds_until
        try:
            await self._postpone(now)
            for hand in [hand for hand in self._run.hands if self._is_done_with(hand)]:
                await self._give_back(hand)
            await self._claim_ahead(now)
        except UnreachableError:
            pass  # the next turn asks again

    def _see_to_the_end(self, now: float) -> None:
        self.claims.update(self._run.in_flight, now=now)
        if self._ports.is_ending() or self.claims.is_overtime(now) or self._pace.is_long:
            self._run.ending.set()

    def _is_done_with(self, hand: Hand) -> bool:
        """Whether nothing of the batch will be begun any more, and nothing waits for an answer."""
        is_settled = hand.settled + hand.parked == hand.given and not hand.answers
        return hand.is_over or (is_settled and self._run.ending.is_set())

    async def _give_back(self, hand: Hand) -> None:
        """Let go of a batch of which everything is settled, now or at a later turn.

        Held until then: what its lease leaves behind is in doubt, also what only waits for another
        attempt. The connections do not see it meanwhile: its journal is closed in another thread.
        """
        self._run.hands.remove(hand)
        self._claims_again_at = 0.0  # what was put off of it may be due
        try:
            await asyncio.to_thread(self._let_go, hand)
        except UnreachableError:
            self._run.hands.append(hand)
            raise

    async def _postpone(self, now: float) -> None:
        """Put off what waits for a provider that has had enough; nothing else waits for it.

        At the run's end all of it is given back as it is, for the next run.
        """
        parked = self._run.parked
        if not self.claims.is_open:
            for waiting in parked.take_all():
                waiting.hand.settled += 1
            return
        for one in list(self._timetable.postpone_surplus(parked, self._pace.pacer, now=now)):
            wait = timedelta(seconds=one.wait_s)
            for hand in self._run.hands:
                given = [due for due in one.given if due.hand is hand]
                if given:
                    await self._postpone_of(hand, given, wait)

    async def _postpone_of(self, hand: Hand, given: list[Given], wait: timedelta) -> None:
        try:
            await asyncio.to_thread(self._postponed, hand, given, wait)
        except UnreachableError:
            for one in given:
                self._run.parked.put(one)
        else:
            hand.settled += len(given)

    async def _settle_all(self) -> bool:
        """Whether the database took what there was."""
        news = [_News.of(hand, self._run) for hand in self._run.hands]
        try:
            goes_on = await asyncio.to_thread(self._settled, news)
        except UnreachableError:
            return False
        for one in news:
            one.is_written_down()
        if not goes_on:  # held by somebody, or a lease is another's by now
            self._run.ending.set()
        return True

    async def _claim_ahead(self, now: float) -> None:
        run = self._run
        if run.left >= WINDOW or run.ending.is_set() or not run.has_more:
            return
        if not self.claims.is_open:
            run.has_more = False
        elif now >= self._claims_again_at:
            found = await asyncio.to_thread(self._claimed, None)
            run.is_last = found is None
            if found is not None:
                self._take(found)
            else:
                has_some = bool(run.left or run.parked)
                run.has_more = has_some or await asyncio.to_thread(self.is_due_soon)
                self._claims_again_at = now + CLAIMS_AGAIN_S

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
        except OSError as error:  # its lease ends by itself
            raise UnreachableError(
                f"Nothing can be sent from here: no journal can be kept in {self._ports.journal} "
                f"({error.strerror}). See NEWSLETTER_DATA_DIR."
            ) from error
        return Hand(found, journal, allowed=0), Tally(stands.queued, stands.sent, stands.failed)

    def _settled(self, news: list["_News"]) -> bool:
        """Whether the claims hold, with the outcomes written down, and the edition goes on."""
        if not news:
            return True
        with self._ports.store.begin() as session:
            statuses = [self._settle(session, one) for one in news]
            if self._run.stops_because:
                stop(session, self._edition, self._run.stops_because)
        return all(status is EditionStatus.SENDING for status in statuses)

    def _settle(self, session: Session, news: "_News") -> EditionStatus | None:
        status = batches.settle(
            session,
            news.hand.batch,
            [one.settled for one in news.answers],
            now=self._ports.now(),
            lease=LEASE,
            through=news.through,
        )
        for one in news.answers if status is not None else ():
            if one.outcome.is_dead_address or one.outcome.next is Next.STOP:
                self._judge.follow(session, one.due, one.reply, one.outcome)
        return status

    def _postponed(self, hand: Hand, given: list[Given], wait: timedelta) -> None:
        ids = [one.due.subscriber_id for one in given]
        with self._ports.store.begin() as session:
            batches.postpone(session, hand.batch, ids, due_at=self._ports.now() + wait)

    def _let_go(self, hand: Hand) -> None:
        """Give the batch back; nothing of it is in flight."""
        with self._ports.store.begin() as session:
            batches.release(session, hand.batch)
        hand.journal.done()
