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
from newsletter.services.hands import Answer, Given, Hand, Tally
from newsletter.services.judge import Judge, stop
from newsletter.services.pace import TURN_S, Pace
from newsletter.services.ports import Ports
from newsletter.services.run import Run
from newsletter.store import Session, batches, deliveries

LEASE = timedelta(seconds=60)  # Renewed at each turn; a worker silent for so long is gone.
FIRST_LEASE = timedelta(seconds=10)  # Of a claim; the first turn renews it, before anything begins.
HOLDS_S = 45.0  # A worker that was stopped for longer begins nothing: its lease may be over.
WINDOW = 256  # May be begun beyond what is settled: the most a lost machine puts in doubt.
PARKED = 64  # May wait in hand for one provider; what is beyond goes back to the ledger.
POSTPONED = timedelta(seconds=15)  # Then a run looks again whether the provider has recovered.
OVERTIME_S = 10.0  # A run that is paced gives back what it has not sent so long after its claims.


@dataclass(frozen=True, slots=True)
class _News:
    """What is to be written down of a batch, and how many of it may be begun from then on."""

    hand: Hand
    answers: list[Answer]
    ahead: int

    @classmethod
    def of(cls, hand: Hand) -> Self:
        answers = list(hand.answers)
        hand.writing = len(answers)
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
        self._claims_until = float("inf")
        self._is_over = False

    def claim(self, batch: int | None = None) -> bool:
        """Whether a batch is in hand now: that one if it is free, or the next that is due."""
        holds_until = time.monotonic() + HOLDS_S
        found = self._claimed(batch) or (self._claimed(None) if batch is not None else None)
        if found is not None:
            self._take(found)
            self._run.holds_until = holds_until
        return found is not None

    async def keep(self, *, claims_for_s: float) -> None:
        """Settle, renew the leases, and claim ahead for so long.

        While the database is away nothing more is begun once the leases may be over; what was
        answered is kept until it is back.
        """
        self._claims_until = time.monotonic() + claims_for_s
        while not self._is_over:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._run.wake.wait(), TURN_S)
            self._run.wake.clear()
            await self._turn()
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

    async def _turn(self) -> None:
        is_over = time.monotonic() > self._claims_until + OVERTIME_S
        if self._ports.is_ending() or is_over or self._pace.is_long:
            self._run.ending.set()
        holds_until = time.monotonic() + HOLDS_S
        if not await self._settle_all():
            return
        self._run.holds_until = holds_until
        try:
            await self._postpone()
            for hand in [hand for hand in self._run.hands if hand.is_over]:
                await self._give_back(hand)
            await self._claim_ahead()
        except UnreachableError:
            pass  # the next turn asks again

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
        news = [_News.of(hand) for hand in self._run.hands]
        try:
            goes_on = await asyncio.to_thread(self._settled, news)
        except UnreachableError:
            return False
        for one in news:
            one.is_written_down()
        if not goes_on:  # held by somebody, or a lease is another's by now
            self._run.ending.set()
        return True

    async def _claim_ahead(self) -> None:
        run = self._run
        if run.left >= WINDOW or run.ending.is_set() or not run.has_more:
            return
        found = None
        if time.monotonic() < self._claims_until:
            found = await asyncio.to_thread(self._claimed, None)
            run.is_last = found is None
        if found is None:
            run.has_more = False
        else:
            self._take(found)

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
