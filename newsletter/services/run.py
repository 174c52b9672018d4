"""One worker's run through an edition, as the connections see it: messages out, replies in.

All of it happens in the event loop. What stands in the ledger is the keeper's (services/keeper.py).
"""

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field

from newsletter.domain import token
from newsletter.domain.delivery import (
    DeliveryStatus,
    Next,
    Outcome,
    Reply,
    Stage,
    is_refused_too_often,
)
from newsletter.domain.newsletter import Newsletter
from newsletter.errors import UnfitError
from newsletter.mail.journal import Journal
from newsletter.mail.master import Master, Recipient
from newsletter.mail.smtp import Envelope
from newsletter.services import links, mailing
from newsletter.services.judge import Judge
from newsletter.services.ports import Ports
from newsletter.store.batches import Batch, Due, Settled

CHUNK = 64  # Outcomes that are settled at once.


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one delivery, and what that leads to."""

    due: Due
    reply: Reply
    settled: Settled
    outcome: Outcome


@dataclass(slots=True)
class Hand:
    """A claimed batch: how many of it were given out, may be, and are settled in the ledger."""

    batch: Batch
    journal: Journal
    allowed: int
    given: int = 0
    settled: int = 0
    answers: list[Answer] = field(default_factory=list)

    @property
    def is_given(self) -> bool:
        return self.given == len(self.batch.deliveries)

    @property
    def is_over(self) -> bool:
        return self.is_given and self.settled == self.given and not self.answers


@dataclass(slots=True)
class Tally:
    """How many of the edition the relay has taken and refused for good, by all workers."""

    sent: int = 0
    refused: int = 0


class Run:
    """A supply for the connections (newsletter.mail.smtp.Stream) out of claimed batches."""

    def __init__(self, ports: Ports, newsletter: Newsletter, master: Master, judge: Judge) -> None:
        self._ports = ports
        self._newsletter = newsletter
        self._master = master
        self._box, self._domain = mailing.bounces(ports, newsletter)
        self._judge = judge
        self._again: deque[Envelope] = deque()
        self._of: dict[int, tuple[Hand, Due]] = {}
        self._begun: set[int] = set()
        self.hands: list[Hand] = []
        self.tally = Tally()
        self.changed, self.wake = asyncio.Event(), asyncio.Event()
        self.holds_until = 0.0  # Beyond it the leases may be somebody else's: nothing is begun.
        self.has_more = True
        self.ending = asyncio.Event()  # Nothing more is begun; what is in flight is waited for.
        self.stops_because = ""
        self.sent = 0

    @property
    def left(self) -> int:
        """How many deliveries it holds that were not given out."""
        return sum(len(hand.batch.deliveries) - hand.given for hand in self.hands)

    def next(self) -> Envelope | None:
        """The next message that may be begun."""
        if not self._may_begin():
            return None
        if self._again:
            return self._again.popleft()
        while (hand := self._giving()) is not None:
            due = hand.batch.deliveries[hand.given]
            hand.given += 1
            envelope = self._envelope(hand, due)
            if envelope is not None:
                self._of[due.subscriber_id] = (hand, due)
                return envelope
        self.wake.set()
        return None

    def begun(self, envelope: Envelope) -> bool:
        """Whether it goes out now; that is written down first."""
        if not self._may_begin():
            return False
        self._of[envelope.key][0].journal.begun(envelope.key)
        self._begun.add(envelope.key)
        return True

    def returned(self, envelope: Envelope) -> None:
        """It is the next to go."""
        self._again.append(envelope)

    def answered(self, envelope: Envelope, reply: Reply) -> None:
        """Remember what came of it; the keeper writes it down."""
        self._begun.discard(envelope.key)
        hand, due = self._of.pop(envelope.key)
        hand.journal.answered(envelope.key, reply)
        settled, outcome = self._judge.settled(due, reply)
        hand.answers.append(Answer(due, reply, settled, outcome))
        if outcome.next is Next.SENT:
            self.sent += 1
            self.tally.sent += 1
        elif outcome.next is Next.FAILED:
            self._count_refusal(reply)
        elif outcome.next is Next.STOP:
            self._stop(f"The relay refuses us ({reply}); the rest waits.")
        if len(hand.answers) >= CHUNK:
            self.wake.set()

    async def more(self) -> bool:
        """Whether there is a message; waits while the keeper is busy with the ledger."""
        while not self._is_done():
            if self._may_begin() and (self._again or self._giving() is not None):
                return True
            self.wake.set()
            await self.changed.wait()
        return False

    def give_up(self) -> None:
        """Take what was begun and not answered for lost: nobody waits for the answers any more."""
        for key in tuple(self._begun):
            reply = Reply(code=0, text="The worker had to end before the relay answered.")
            self.answered(Envelope(key, "", "", b""), reply)

    def _may_begin(self) -> bool:
        return not self.ending.is_set() and time.monotonic() < self.holds_until

    def _giving(self) -> Hand | None:
        """The batch that has a message which may be given out now."""
        for hand in self.hands:
            if hand.given < hand.allowed:
                return hand
        return None

    def _is_done(self) -> bool:
        is_used_up = not self.has_more and not self._again and not self.left
        return self.ending.is_set() or is_used_up

    def _stop(self, why: str) -> None:
        self.stops_because = why
        self.ending.set()

    def _envelope(self, hand: Hand, due: Due) -> Envelope | None:
        """The message in its envelope; None when it is settled already that it does not go."""
        if not due.is_wanted:
            self._refused_here(hand, due, "Unsubscribed before it was sent.")
            return None
        recipient = Recipient(
            subscriber_id=due.subscriber_id,
            address=due.address,
            name=due.name,
            unsubscribe=links.unsubscribe_token(self._ports, due.subscription_id),
        )
        try:
            content = self._master.message(recipient)
        except UnfitError as error:
            self._refused_here(hand, due, str(error))
            return None
        edition_id, key = hand.batch.edition_id, due.subscriber_id
        local = token.verp(edition_id, key, key=self._ports.secret, box=self._box)
        sender = f"{local}@{self._domain}"
        return Envelope(key, sender, due.address, content, envelope_id=f"{edition_id}.{key}")

    def _refused_here(self, hand: Hand, due: Due, why: str) -> None:
        """Settle, without asking any relay, that this delivery fails."""
        settled = Settled(
            subscriber_id=due.subscriber_id, status=DeliveryStatus.FAILED, code=0, reply=why
        )
        reply = Reply(code=0, text=why, stage=Stage.MAIL)
        hand.answers.append(Answer(due, reply, settled, Outcome(next=Next.FAILED)))

    def _count_refusal(self, reply: Reply) -> None:
        tally, most = self.tally, self._newsletter.max_refused
        tally.refused += 1
        answered = tally.sent + tally.refused
        if is_refused_too_often(tally.refused, answered, most=most):
            self._stop(
                f"{tally.refused} of {answered} messages were refused for good, more than "
                f"{most:.0%}; the last one: {reply}. The rest waits."
            )
