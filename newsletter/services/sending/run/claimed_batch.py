"""What a run has in hand: claimed batches, and the deliveries that wait for their turn."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from math import inf

from newsletter.domain.delivery.retry_policy import ReplyDecision
from newsletter.domain.delivery.smtp_reply import Reply
from newsletter.store.delivery.batches import Batch, ClaimedDelivery, DeliveryOutcome
from newsletter.store.delivery.send_journal import SendJournal
from newsletter.throttle.mailbox_providers import provider_of


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """What came of one delivery, and what that leads to."""

    due: ClaimedDelivery
    reply: Reply
    settled: DeliveryOutcome
    outcome: ReplyDecision


@dataclass(slots=True)
class ClaimedBatch:
    """A claimed batch: how many of it were given out, and are settled in the ledger.

    Of those given out, parked wait for their provider's turn and may not be begun. Of answers, the
    first so many as writing says are on their way into the ledger. window_ids are those that the
    ledger names as maybe begun, and renewed_at is when it last renewed the lease.
    """

    batch: Batch
    journal: SendJournal
    given: int = 0
    parked: int = 0
    settled: int = 0
    answers: list[DeliveryResult] = field(default_factory=list)
    writing: int = 0
    is_being_settled: bool = False
    window_ids: list[int] = field(default_factory=list)
    renewed_at: float = -inf

    @property
    def left(self) -> int:
        """How many were not given out."""
        return len(self.batch.deliveries) - self.given

    @property
    def is_over(self) -> bool:
        """Whether it can be given back: nothing of it is left, on its way, or being settled."""
        is_settled = self.settled == self.given and not self.answers
        return is_settled and not self.left and not self.is_being_settled


@dataclass(frozen=True, slots=True)
class PendingDelivery:
    """One delivery that was given out of its batch, and the provider of its mailbox."""

    claim: ClaimedBatch
    due: ClaimedDelivery
    provider: str


@dataclass(slots=True)
class RunCounters:
    """How many of the edition wait, and the relay has taken and refused for good, by all workers.

    What waits is as of the last claim.
    """

    queued: int = 0
    sent: int = 0
    refused: int = 0


class ThrottledQueue:
    """Deliveries that wait for their provider's turn; the first to come is the first to go."""

    def __init__(self) -> None:
        self._queues: dict[str, deque[PendingDelivery]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._queues.values()))

    def put(self, given: PendingDelivery) -> None:
        given.claim.parked += 1
        self._queues.setdefault(given.provider, deque()).append(given)

    def put_all(self, several: Iterable[PendingDelivery]) -> None:
        for given in several:
            self.put(given)

    def may(self, may: Callable[[str], bool]) -> bool:
        """Whether one of them may go now."""
        return any(may(provider) for provider in self._queues)

    def take(self, may: Callable[[str], bool]) -> PendingDelivery | None:
        """One that may go now."""
        for provider in self._queues:
            if may(provider):
                return self._taken(provider)
        return None

    def waiting(self) -> dict[str, int]:
        """Return how many wait for each provider."""
        return {provider: len(queue) for provider, queue in self._queues.items()}

    def take_last(self, provider: str, count: int) -> list[PendingDelivery]:
        """Take out the last so many that wait for this provider; they stay in their order."""
        return [self._taken(provider, last=True) for _ in range(count)][::-1]

    def take_all(self) -> list[PendingDelivery]:
        """Take out all that wait."""
        waiting = self.waiting().items()
        return [one for provider, count in waiting for one in self.take_last(provider, count)]

    def _taken(self, provider: str, *, last: bool = False) -> PendingDelivery:
        queue = self._queues[provider]
        given = queue.pop() if last else queue.popleft()
        given.claim.parked -= 1
        if not queue:
            del self._queues[provider]
        return given


def hand_out(
    hands: Sequence[ClaimedBatch], parked: ThrottledQueue, may: Callable[[str], bool]
) -> PendingDelivery | None:
    """Return a delivery whose turn it is; those before it must wait, and are parked."""
    if (waited := parked.take(may)) is not None:
        return waited
    for hand in hands:
        while hand.left:
            due = hand.batch.deliveries[hand.given]
            hand.given += 1
            given = PendingDelivery(hand, due, provider_of(due.address))
            if may(given.provider):
                return given
            parked.put(given)
    return None
