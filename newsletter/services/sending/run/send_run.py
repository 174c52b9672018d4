"""One worker's run through an edition, as the connections see it: messages out, replies in."""

import asyncio
import time
from collections.abc import Sequence

from newsletter.domain.delivery.smtp_reply import Reply
from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.domain.newsletter import Newsletter
from newsletter.errors import UnmailableRecipientError
from newsletter.mail.message.master_copy import CompiledMaster
from newsletter.mail.smtp import Envelope, RelayPool
from newsletter.services.outages import Service, report_end
from newsletter.services.ports import Ports
from newsletter.services.sending.run.claims.claimed_batch import (
    ClaimedBatch,
    PendingDelivery,
    Settlement,
)
from newsletter.services.sending.run.claims.delivery_queue import DeliveryQueue
from newsletter.services.sending.run.envelopes import Envelopes
from newsletter.services.sending.run.outcomes import DeliveryResult, OutcomePolicy, refuse
from newsletter.services.sending.run.policy_refusals import (
    PolicyRefusals,
    RefusalDecision,
    RefusalVerdict,
)
from newsletter.services.sending.run.run_counters import RunCounters
from newsletter.services.sending.run.throttle import RunThrottle

LEASE_TRUST_S = 45.0  # A worker that was stopped for longer starts nothing: its lease may be over.


class SendRun:
    """The connections' source of messages (newsletter.mail.smtp.MessageStream), and the replies.

    LedgerSync keeps it in step with the ledger: unsettled() and settled() around each commit,
    add_batch(), extend_lease() and stop(). All of it happens in the event loop.
    """

    def __init__(
        self,
        ports: Ports,
        newsletter: Newsletter,
        master: CompiledMaster,
        *,
        policy: OutcomePolicy,
        throttle: RunThrottle,
        relays: RelayPool | None = None,
    ) -> None:
        self._max_refused = newsletter.max_refused
        self._envelopes = Envelopes(ports, newsletter, master)
        self._policy = policy
        self._gate = throttle.gate
        self._refusals = PolicyRefusals(relays or RelayPool(ports.relays))
        self.queue = DeliveryQueue(self._gate)
        self.counters = RunCounters()
        self._in_flight: dict[int, PendingDelivery] = {}  # a connection has it, and no reply
        self._started: set[int] = set()  # of these: the message's body may have gone out
        self._started_count = 0
        self._measured_at, self._measured_count = time.monotonic(), 0
        self._has_reply = False
        self._lease_valid_until = 0.0
        self.sent_count = 0
        self.is_stopping = False  # Nothing more is started; what is in flight is waited for.
        self.stop_reason = ""  # Why the edition is to be held; "" when the run just ends.
        self.disk_error: OSError | None = None  # No journal can be written.
        self._changed = asyncio.Event()
        self.wake = asyncio.Event()  # A settlement is worth being made at once.

    def next_message(self) -> Envelope | None:
        """Return the next message that may be started, None when there is none for now."""
        while self._may_start() and (pending := self.queue.take()) is not None:
            envelope = self._envelope(pending)
            if envelope is not None:
                self._gate.on_start(pending.provider)
                self._in_flight[envelope.key] = pending
                return envelope
        self._wake_sync()
        return None

    def confirm_start(self, envelope: Envelope) -> bool:
        """Return whether it goes out now; that is written into the journal first.

        So are the replies to what was started before it, which may be of another batch: no
        connection has more than its one message in doubt.
        """
        if not self._may_go_on():
            return False
        batch = self._in_flight[envelope.key].batch
        try:
            self.queue.flush_journals(but=batch)
            batch.log_started(envelope.key)
        except OSError as error:
            self.stop(disk_error=error)
            return False
        self._started.add(envelope.key)
        self._started_count += 1
        return True

    def give_back(self, envelope: Envelope) -> None:
        """Take back a message that was not started; it goes when it is its turn again."""
        pending = self._in_flight.pop(envelope.key)
        self._gate.on_returned(pending.provider)
        self.queue.window.ready.appendleft(pending)

    def on_reply(self, envelope: Envelope, reply: Reply) -> None:
        """Record what came of a message; LedgerSync writes it into the ledger.

        1. The provider's pace follows the reply.
        2. A reply that is clear leads to its result at once.
        3. A refusal that may be about us waits for what others are answered; this reply may decide
           about those that wait.
        """
        self._started.discard(envelope.key)
        pending = self._in_flight.pop(envelope.key)
        self._gate.on_reply(pending.provider, reply)
        if reply.code and not self._has_reply:
            self._has_reply = True
            report_end(Service.RELAY)
        if self._refusals.is_plainly_taken(reply):
            self._record(pending, reply, self._policy.decide(pending.delivery, reply), log=True)
            return
        for decision in self._refusals.decide(pending, reply, has_sent=self.counters.sent > 0):
            self._apply(decision)

    async def wait_for_message(self) -> bool:
        """Return whether there is a message; wait for the ledger, and for permits.

        Whoever asks has nothing in flight and may hang up: the replies to what it sent are in their
        journals first, so that no closed connection leaves anything in doubt.
        """
        try:
            self.queue.flush_journals()
        except OSError as error:
            self.stop(disk_error=error)
        while not self.is_done:
            if self._may_start() and self.queue.has_spare(len(self._in_flight)):
                return True
            self._wake_sync()
            await self._changed.wait()
        return False

    def unsettled(self) -> list[Settlement]:
        """Choose who is started next, and return what the ledger has to hear of.

        1. The window follows the rate at which messages are started.
        2. It asks for those who may be started next, and lets go of those who must wait.
        3. Every batch with results, other names in the window or an old lease is written; else the
           one that was renewed longest ago, since its answer tells whether the edition goes on.
        """
        now = time.monotonic()
        started, elapsed_s = self._started_count - self._measured_count, now - self._measured_at
        self.queue.window.measure(started, elapsed_s)
        self._measured_at, self._measured_count = now, self._started_count
        self._ask()
        named = [(batch, self._window_ids(batch)) for batch in self.queue.batches]
        due = [(batch, ids) for batch, ids in named if batch.has_news(ids, now=now)]
        chosen = due or sorted(named, key=lambda each: each[0].renewed_at)[:1]
        return [batch.take_unsettled(ids) for batch, ids in chosen]

    def on_recorded(self, settlements: Sequence[Settlement], *, at: float) -> None:
        """Note that the ledger has taken these: its leases are counted from at, a time before.

        Those that were asked for may be started now.
        """
        self.queue.window.measure_commit(time.monotonic() - at)
        for settlement in settlements:
            settlement.batch.mark_settled(settlement, at=at)
        self.queue.window.grant()
        renewed = [batch.renewed_at for batch in self.queue.batches if batch.renewed_at > 0]
        self.extend_lease(at=min(renewed, default=at))

    def add_batch(self, batch: ClaimedBatch, counters: RunCounters) -> None:
        """Take a batch that was claimed, and how the edition stands by all workers."""
        self.queue.batches.append(batch)
        self.counters = counters

    def extend_lease(self, *, at: float) -> None:
        """Let messages be started for LEASE_TRUST_S after that time, on the monotonic clock.

        Later the leases may be somebody else's: nothing is started before they are renewed.
        """
        self._lease_valid_until = at + LEASE_TRUST_S

    def stop(self, reason: str = "", *, disk_error: OSError | None = None) -> None:
        """Start nothing more. The one place in which a run comes to its end before its work does.

        With a reason the edition is to be held for it; the first one counts. disk_error: no journal
        can be written.
        """
        if not self.is_stopping:
            self.wake.set()
        self.is_stopping = True
        self.stop_reason = self.stop_reason or reason
        self.disk_error = self.disk_error or disk_error

    @property
    def is_done(self) -> bool:
        """Whether nothing more will be started."""
        return self.is_stopping or self.queue.is_used_up

    @property
    def in_flight(self) -> set[int]:
        """The subscribers whose messages a connection has, and no reply."""
        return set(self._in_flight)

    @property
    def is_lease_over(self) -> bool:
        """Whether another worker may have the batches by now."""
        return time.monotonic() > self._lease_valid_until

    def wake_connections(self) -> None:
        """Have the connections that wait look again: there may be a message now."""
        self._changed.set()
        self._changed = asyncio.Event()

    def abandon_in_flight(self) -> None:
        """Record every message that was started as without a reply: nobody waits for one now."""
        reply = Reply(code=0, text="The worker had to end before the relay answered.")
        for key in tuple(self._started):
            self.on_reply(Envelope(key, "", "", b""), reply)

    def decide_refusals(self) -> None:
        """Decide about the refusals that wait for what others are answered: nobody else will be."""
        decisions = self._refusals.end(
            is_stopped=bool(self.stop_reason),
            is_all_answered=self.queue.is_last_batch and self.queue.is_used_up,
            has_sent=self.counters.sent > 0,
        )
        for decision in decisions:
            self._apply(decision)

    def _apply(self, decision: RefusalDecision) -> None:
        pending, reply = decision.pending, decision.reply
        delivery, batch = pending.delivery, pending.batch
        if decision.verdict is RefusalVerdict.WAITS:
            batch.log_undecided(delivery.subscriber_id)
        elif decision.verdict is RefusalVerdict.ELSEWHERE:
            batch.log_undecided(delivery.subscriber_id)
            self.queue.throttled.put(pending)
        elif decision.verdict is RefusalVerdict.PUT_OFF:
            self._record(pending, reply, self._policy.put_off(delivery, reply))
        elif decision.verdict is RefusalVerdict.PUT_BACK:
            self._record(pending, reply, self._policy.put_back(delivery, reply))
        else:
            self._record(pending, reply, self._policy.decide(delivery, reply), log=True)

    def _record(
        self, pending: PendingDelivery, reply: Reply, result: DeliveryResult, *, log: bool = False
    ) -> None:
        """Count the result, and leave it to its batch; log: the journal has not heard of it."""
        pending.batch.record(result, reply if log else None)
        status = result.outcome.status
        if status is DeliveryStatus.SENT:
            self.sent_count += 1
            self.counters.sent += 1
        elif status is DeliveryStatus.FAILED:
            self.counters.refused += 1
            if excess := self.counters.describe_excess(most=self._max_refused):
                self.stop(f"{excess}; the last one: {reply}. The rest waits.")
        elif result.stop_reason:
            self.stop(result.stop_reason)
        window = self.queue.window
        if self.queue.unsettled >= window.chunk and len(window.ready) <= window.low:
            self.wake.set()

    def _envelope(self, pending: PendingDelivery) -> Envelope | None:
        """Return the message in its envelope; None when it need not be sent, which is recorded."""
        try:
            return self._envelopes.build(pending)
        except UnmailableRecipientError as error:
            pending.batch.record(refuse(pending.delivery, str(error)))
            return None

    def _ask(self) -> None:
        if self._may_start():
            self.queue.ask(len(self._in_flight))
        else:
            self.queue.clear_window()

    def _window_ids(self, batch: ClaimedBatch) -> list[int]:
        """Return the subscribers of that batch whose messages may be started before long."""
        if self.is_stopping:  # What is not started never will be.
            started = [self._in_flight[key] for key in self._started]
            return [each.delivery.subscriber_id for each in started if each.batch is batch]
        return self.queue.window_ids(batch, self._in_flight.values())

    def _may_start(self) -> bool:
        return self._may_go_on() and self._gate.is_open

    def _may_go_on(self) -> bool:
        return not self.is_stopping and time.monotonic() < self._lease_valid_until

    def _wake_sync(self) -> None:
        """Have a settlement made at once, where it is worth one: a connection waits for it."""
        unsettled, in_flight = self.queue.unsettled, len(self._in_flight)
        is_worth_it = unsettled >= self.queue.window.chunk or not in_flight
        if is_worth_it and (unsettled or (self._may_start() and self.queue.can_ask(in_flight))):
            self.wake.set()
