"""What a run has in hand: claimed batches, and the deliveries that wait for their turn."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import inf

from newsletter.domain.delivery import Outcome, Reply
from newsletter.mail.journal import Journal
from newsletter.store.batches import Batch, Due, Settled


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one delivery, and what that leads to."""

    due: Due
    reply: Reply
    settled: Settled
    outcome: Outcome


@dataclass(slots=True)
class Hand:
    """A claimed batch: how many of it were given out, and are settled in the ledger.

    Of those given out, parked wait for their provider's turn and may not be begun. Of answers, the
    first so many as writing says are on their way into the ledger. window_ids are those that the
    ledger names as maybe begun, and renewed_at is when it last renewed the lease.
    """

    batch: Batch
    journal: Journal
    given: int = 0
    parked: int = 0
    settled: int = 0
    answers: list[Answer] = field(default_factory=list)
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
class Given:
    """One delivery that was given out of its batch, and the provider of its mailbox."""

    hand: Hand
    due: Due
    provider: str


@dataclass(slots=True)
class Tally:
    """How many of the edition wait, and the relay has taken and refused for good, by all workers.

    What waits is as of the last claim.
    """

    queued: int = 0
    sent: int = 0
    refused: int = 0


class Parked:
    """Deliveries that wait for their provider's turn; the first to come is the first to go."""

    def __init__(self) -> None:
        self._queues: dict[str, deque[Given]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._queues.values()))

    def put(self, given: Given) -> None:
        given.hand.parked += 1
        self._queues.setdefault(given.provider, deque()).append(given)

    def put_all(self, several: Iterable[Given]) -> None:
        for given in several:
            self.put(given)

    def may(self, may: Callable[[str], bool]) -> bool:
        """Whether one of them may go now."""
        return any(may(provider) for provider in self._queues)

    def take(self, may: Callable[[str], bool]) -> Given | None:
        """One that may go now."""
        for provider in self._queues:
            if may(provider):
                return self._taken(provider)
        return None

    def beyond(self, most: int) -> list[Given]:
        """Those that are taken out, since more than so many wait for their provider."""
        return [
            self._taken(provider, last=True)
            for provider in list(self._queues)
            for _ in range(len(self._queues[provider]) - most)
        ]

    def _taken(self, provider: str, *, last: bool = False) -> Given:
        queue = self._queues[provider]
        given = queue.pop() if last else queue.popleft()
        given.hand.parked -= 1
        if not queue:
            del self._queues[provider]
        return given
