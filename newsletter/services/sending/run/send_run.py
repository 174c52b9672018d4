"""One worker's run through an edition, as the connections see it: messages out, replies in."""

import asyncio
import time

from newsletter.domain.delivery.retry_policy import ReplyAction, ReplyDecision, exceeds_failure_rate
from newsletter.domain.delivery.smtp_reply import Reply, SmtpStage
from newsletter.domain.newsletter import Newsletter
from newsletter.errors import UnmailableRecipientError
from newsletter.mail.message.master_copy import CompiledMaster
from newsletter.mail.smtp import Envelope, RelayPool
from newsletter.services.operations.outages import Service, report_end
from newsletter.services.ports import Ports
from newsletter.services.sending.run.claimed_batch import (
    ClaimedBatch,
    DeliveryResult,
    PendingDelivery,
    RunCounters,
    ThrottledQueue,
    hand_out,
)
from newsletter.services.sending.run.envelopes import Envelopes, refuse
from newsletter.services.sending.run.outcomes import OutcomePolicy
from newsletter.services.sending.run.policy_refusals import (
    PolicyRefusals,
    RefusalDecision,
    RefusalVerdict,
)
from newsletter.services.sending.run.throttle import RunThrottle
from newsletter.services.sending.run.window import Window
from newsletter.store.delivery.batches import DeliveryOutcome

# Of a message that nobody has, while it is open whom its refusal is about: it is queued again.
_UNDECIDED = Reply(code=0, text="The relay refused it, or us.", stage=SmtpStage.DATA)


class SendRun:
    """A supply for the connections (newsletter.mail.smtp.Stream) out of claimed batches."""

    def __init__(
        self,
        ports: Ports,
        newsletter: Newsletter,
        master: CompiledMaster,
        *,
        judge: OutcomePolicy,
        pace: RunThrottle,
        standings: RelayPool | None = None,
    ) -> None:
        self._most_refused = newsletter.max_refused
        self._envelopes = Envelopes(ports, newsletter, master)
        self._judge = judge
        self._pace = pace
        self._refusals = PolicyRefusals(standings or RelayPool(ports.relays))
        self._of: dict[int, PendingDelivery] = {}
        self._begun: set[int] = set()
        self._is_answered, self.claims = False, list[ClaimedBatch]()
        self.window, self.parked, self.tally = Window(), ThrottledQueue(), RunCounters()
        self.changed, self.wake = asyncio.Event(), asyncio.Event()
        self.lease_valid_until = (
            0.0  # Beyond it the leases may be somebody else's: nothing is begun.
        )
        self.has_more = True
        self.is_last = False  # No batch was left to claim: who is refused now has nobody behind.
        self.stopping = asyncio.Event()  # Nothing more is begun; what is in flight is waited for.
        self.stop_reason = ""
        self.disk_error: OSError | None = None  # No journal can be written: nothing is begun.
        self.sent = self.begun_count = 0

    @property
    def in_flight(self) -> set[int]:
        """The subscribers whose messages a connection has and no answer."""
        return set(self._of)

    @property
    def left(self) -> int:
        """How many deliveries it holds that were not given out."""
        return sum(hand.left for hand in self.claims)

    @property
    def unsettled(self) -> int:
        """How many answers no settlement has taken up so far."""
        return sum(len(hand.answers) - hand.writing for hand in self.claims)

    def next_message(self) -> Envelope | None:
        """The next message that may be begun."""
        gate = self._pace.gate
        while self._may_begin() and (given := self.window.take(gate.can_send)) is not None:
            envelope = self._envelope(given)
            if envelope is not None:
                gate.on_start(given.provider)
                self._of[envelope.key] = given
                return envelope
        self._wake_keeper()
        return None

    def confirm_start(self, envelope: Envelope) -> bool:
        """Whether it goes out now; that is written down first.

        So are the answers to what was begun before it, which may be of another batch: no connection
        has more than its one message in doubt.
        """
        if not self._may_go_on():
            return False
        hand = self._of[envelope.key].claim
        try:
            self.write_journals(but=hand)
            hand.journal.log_started(envelope.key)
        except OSError as error:
            self.stop_writing(error)
            return False
        self._begun.add(envelope.key)
        self.begun_count += 1
        return True

    def give_back(self, envelope: Envelope) -> None:
        """It goes when it is its turn again."""
        given = self._of.pop(envelope.key)
        self._pace.gate.on_returned(given.provider)
        self.window.ready.appendleft(given)

    def on_reply(self, envelope: Envelope, reply: Reply) -> None:
        """Remember what came of it; the keeper writes it down."""
        self._begun.discard(envelope.key)
        given = self._of.pop(envelope.key)
        self._pace.gate.on_reply(given.provider, reply)
        if reply.code and not self._is_answered:
            self._is_answered = True
            report_end(Service.RELAY)
        if self._refusals.is_plainly_taken(reply):
            given.claim.journal.log_reply(envelope.key, reply)
            self._record(given, reply, *self._judge.decide(given.due, reply))
            return
        for judged in self._refusals.judge(given, reply, has_sent=self.tally.sent > 0):
            self._apply(judged)

    def decide_refusals(self) -> None:
        """Decide on the refusals that wait for what others are answered: nobody else will be."""
        waiting = self._refusals.end(
            is_stopped=bool(self.stop_reason),
            is_all_answered=self.is_last and self._is_used_up,
            has_sent=self.tally.sent > 0,
        )
        for judged in waiting:
            self._apply(judged)

    def _apply(self, judged: RefusalDecision) -> None:
        given, reply = judged.pending, judged.reply
        key, journal = given.due.subscriber_id, given.claim.journal
        if judged.verdict is RefusalVerdict.WAITS:
            journal.log_reply(key, _UNDECIDED)
        elif judged.verdict is RefusalVerdict.ELSEWHERE:
            journal.log_reply(key, _UNDECIDED)
            self.parked.put(given)
        elif judged.verdict is RefusalVerdict.PUT_OFF:
            self._record(given, reply, *self._judge.put_off(given.due, reply))
        elif judged.verdict is RefusalVerdict.PUT_BACK:
            self._record(given, reply, *self._judge.put_back(given.due, reply))
        else:
            journal.log_reply(key, reply)
            self._record(given, reply, *self._judge.decide(given.due, reply))

    def _record(
        self, given: PendingDelivery, reply: Reply, settled: DeliveryOutcome, outcome: ReplyDecision
    ) -> None:
        hand = given.claim
        hand.answers.append(DeliveryResult(given.due, reply, settled, outcome))
        if outcome.action is ReplyAction.SENT:
            self.sent += 1
            self.tally.sent += 1
        elif outcome.action is ReplyAction.FAILED:
            self._count_refusal(reply)
        elif outcome.action is ReplyAction.STOP:
            self._stop(f"The relay refuses us ({reply}); the rest waits.")
        if self.unsettled >= self.window.chunk and len(self.window.ready) <= self.window.low:
            self.wake.set()

    async def wait_for_message(self) -> bool:
        """Whether there is a message; waits for the ledger, and for permits.

        Whoever asks has nothing in flight and may hang up: the answers to what it sent are in their
        journals first, so that no closed connection leaves anything in doubt.
        """
        try:
            self.write_journals()
        except OSError as error:
            self.stop_writing(error)
        while not self.is_done:
            if self._may_begin() and self._is_one_ready():
                return True
            self._wake_keeper()
            await self.changed.wait()
        return False

    def ask(self) -> None:
        """Choose those that the next settlement is to name, and let go of those that must wait."""
        window, gate = self.window, self._pace.gate
        if not self._may_begin():
            self.parked.put_all(window.take_all())
            return
        self.parked.put_all(window.give_up(gate.allowance))
        counts = window.counts()

        def has_use(provider: str) -> bool:
            allowance = gate.allowance(provider)
            if allowance < 1:
                gate.can_send(provider)  # tells it that one waits
            return counts[provider] < allowance

        for _ in range(self._room()):
            given = hand_out(self.claims, self.parked, has_use)
            if given is None:
                break
            counts[given.provider] += 1
            window.asked.append(given)

    def ids_in_window(self, hand: ClaimedBatch) -> list[int]:
        """Return the subscribers of that batch whose messages may have been begun by and by."""
        window = [*self._of.values(), *self.window.ready, *self.window.asked]
        if self.stopping.is_set():  # What is not begun never will be.
            window = [self._of[key] for key in self._begun]
        return [given.due.subscriber_id for given in window if given.claim is hand]

    def write_journals(self, *, but: ClaimedBatch | None = None) -> None:
        """Write down the answers that are only remembered. Raises OSError."""
        for hand in self.claims:
            if hand is not but:
                hand.journal.flush()

    def stop_writing(self, error: OSError) -> None:
        """Begin nothing more: what is begun could not be written down."""
        self.disk_error = self.disk_error or error
        self.stopping.set()
        self.wake.set()

    def wake_lanes(self) -> None:
        """There may be a message now, for those that wait in more()."""
        self.changed.set()
        self.changed = asyncio.Event()

    def abandon_in_flight(self) -> None:
        """Take what was begun and not answered for lost: nobody waits for the answers any more."""
        reply = Reply(code=0, text="The worker had to end before the relay answered.")
        for key in tuple(self._begun):
            self.on_reply(Envelope(key, "", "", b""), reply)

    def _may_begin(self) -> bool:
        return self._may_go_on() and self._pace.gate.is_open

    def _may_go_on(self) -> bool:
        return not self.stopping.is_set() and time.monotonic() < self.lease_valid_until

    def _room(self) -> int:
        """How many more may be asked for."""
        waiting = len(self.window)
        room = self.window.size() - waiting - len(self._of)
        may_ask = time.monotonic() >= self.window.opens_at
        return int(max(0, min(room, self._pace.gate.permits - waiting))) if may_ask else 0

    def _wake_keeper(self) -> None:
        """Have a settlement made at once, where it is worth one: a connection waits for it."""
        is_worth_it = self.unsettled >= self.window.chunk or not self._of
        if is_worth_it and (self.unsettled or self._may_ask()):
            self.wake.set()

    def _is_one_ready(self) -> bool:
        """Whether a connection that has none gets one: those at work need the next one first."""
        ready, gate = self.window.ready, self._pace.gate
        is_spare = len(ready) > self.window.low or not self._of
        return is_spare and any(gate.can_send(given.provider) for given in ready)

    def _may_ask(self) -> bool:
        """Whether there is somebody to ask for, and room."""
        if self.window.asked or not self._may_begin():
            return False
        allowance = self._pace.gate.allowance
        waits = self.left or self.parked.may(lambda provider: allowance(provider) >= 1)
        return bool(waits and self._room())

    @property
    def is_done(self) -> bool:
        """Whether nothing more will be begun."""
        return self.stopping.is_set() or self._is_used_up

    @property
    def _is_used_up(self) -> bool:
        return not (self.has_more or self.left or len(self.parked) or len(self.window))

    def _stop(self, why: str) -> None:
        self.stop_reason = why
        self.stopping.set()

    def _envelope(self, given: PendingDelivery) -> Envelope | None:
        """The message in its envelope; None when it is settled already that it does not go."""
        try:
            return self._envelopes.build(given)
        except UnmailableRecipientError as error:
            given.claim.answers.append(refuse(given, str(error)))
            return None

    def _count_refusal(self, reply: Reply) -> None:
        self.tally.refused += 1
        tally, most, answered = self.tally, self._most_refused, self.tally.sent + self.tally.refused
        if exceeds_failure_rate(tally.refused, answered, most=most):
            self._stop(
                f"{tally.refused} of {answered} messages were refused for good, more than "
                f"{most:.0%}; the last one: {reply}. The rest waits."
            )
