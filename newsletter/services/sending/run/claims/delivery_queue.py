"""The deliveries that a run has claimed and not started: which one is next."""

import time
from collections.abc import Callable, Collection

from newsletter.domain.throttling.gate import SendGate
from newsletter.services.sending.run.claims.claimed_batch import ClaimedBatch, PendingDelivery
from newsletter.services.sending.run.claims.throttled_queue import ThrottledQueue
from newsletter.services.sending.run.claims.window import Window


class DeliveryQueue:
    """Batches on one side, the next message on the other.

    A delivery goes from its batch into the window, through throttled where its provider has to be
    spared; in the window it waits for the ledger to name it, and then for a connection.
    """

    def __init__(self, gate: SendGate) -> None:
        self._gate = gate
        self.batches: list[ClaimedBatch] = []
        self.throttled = ThrottledQueue()
        self.window = Window()
        self.may_grow = True  # False: no batch will be added any more.
        self.is_last_batch = False  # No batch was left to claim: nobody comes after these.

    @property
    def remaining(self) -> int:
        """Return how many deliveries are in their batches still."""
        return sum(batch.remaining for batch in self.batches)

    @property
    def unsettled(self) -> int:
        """Return how many results no settlement has taken."""
        return sum(batch.unsettled for batch in self.batches)

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits in it to be started."""
        return not (self.remaining or len(self.throttled) or len(self.window))

    @property
    def is_used_up(self) -> bool:
        """Whether nothing more will ever be started out of it."""
        return not self.may_grow and self.is_empty

    def take(self) -> PendingDelivery | None:
        """Take out the next delivery that the ledger has named and whose provider may have it."""
        return self.window.take(self._gate.can_send)

    def has_spare(self, in_flight: int) -> bool:
        """Whether an idle connection gets one: those at work need the next one first."""
        ready = self.window.ready
        is_spare = len(ready) > self.window.low or not in_flight
        return is_spare and any(self._gate.can_send(pending.provider) for pending in ready)

    def can_ask(self, in_flight: int) -> bool:
        """Whether the ledger can be asked to name somebody, and has not been."""
        if self.window.asked:
            return False
        allowance = self._gate.allowance
        waits = self.remaining or self.throttled.has_any(lambda name: allowance(name) >= 1)
        return bool(waits and self._room(in_flight))

    def ask(self, in_flight: int) -> None:
        """Choose whom the next settlement is to name, and take out of the window who must wait."""
        self.throttled.put_all(self.window.give_up(self._gate.allowance))
        counts = self.window.counts()

        def has_use(provider: str) -> bool:
            allowance = self._gate.allowance(provider)
            if allowance < 1:
                self._gate.can_send(provider)  # tells it that one waits
            return counts[provider] < allowance

        for _ in range(self._room(in_flight)):
            pending = self.throttled.take(has_use) or self._hand_out(has_use)
            if pending is None:
                break
            counts[pending.provider] += 1
            self.window.asked.append(pending)

    def clear_window(self) -> None:
        """Take all out of the window: nothing is started now."""
        self.throttled.put_all(self.window.take_all())

    def window_ids(self, batch: ClaimedBatch, in_flight: Collection[PendingDelivery]) -> list[int]:
        """Return the subscribers of that batch whose messages may be started before long."""
        pending = (*in_flight, *self.window.ready, *self.window.asked)
        return [each.delivery.subscriber_id for each in pending if each.batch is batch]

    def leave_throttled(self) -> None:
        """Have all that wait for a provider left queued in the ledger, as they are."""
        for pending in self.throttled.take_all():
            pending.batch.leave_queued(1)

    def flush_journals(self, *, but: ClaimedBatch | None = None) -> None:
        """Write the replies that are only remembered into the journals. Raises OSError."""
        for batch in self.batches:
            if batch is not but:
                batch.flush_journal()

    def _hand_out(self, has_use: Callable[[str], bool]) -> PendingDelivery | None:
        """Return the next delivery whose provider has use for it; those before it are throttled."""
        for batch in self.batches:
            while batch.remaining:
                pending = batch.hand_out()
                if has_use(pending.provider):
                    return pending
                self.throttled.put(pending)
        return None

    def _room(self, in_flight: int) -> int:
        """Return how many more the ledger may be asked to name."""
        waiting = len(self.window)
        room = self.window.size() - waiting - in_flight
        may_ask = time.monotonic() >= self.window.opens_at
        return int(max(0, min(room, self._gate.permits - waiting))) if may_ask else 0
