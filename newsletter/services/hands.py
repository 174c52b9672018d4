"""What a run has in hand: claimed batches, and the deliveries that wait for their turn."""

from collections import deque
from dataclasses import dataclass, field

from newsletter.domain.delivery import Outcome, Reply
from newsletter.domain.pacer import Pacer
from newsletter.mail.journal import Journal
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
    """A claimed batch: how many of it were given out, may be, and are settled in the ledger.

    Of those given out, parked wait for their provider's turn and have not been begun. Of answers,
    the first so many as writing says are on their way into the ledger.
    """

    batch: Batch
    journal: Journal
    allowed: int
    given: int = 0
    parked: int = 0
    settled: int = 0
    answers: list[Answer] = field(default_factory=list)
    writing: int = 0

    @property
    def is_full(self) -> bool:
        """Whether enough answers wait for another settlement to be worth it."""
        return len(self.answers) - self.writing >= CHUNK

    @property
    def left(self) -> int:
        """How many were not given out."""
        return len(self.batch.deliveries) - self.given

    @property
    def is_over(self) -> bool:
        return not self.left and self.settled == self.given and not self.answers


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

    def may(self, pacer: Pacer) -> bool:
        """Whether one of them may go now."""
        return any(pacer.may(provider) for provider in self._queues)

    def take(self, pacer: Pacer) -> Given | None:
        """One that may go now."""
        for provider in self._queues:
            if pacer.may(provider):
                return self._taken(provider)
        return None

    def waiting(self) -> dict[str, int]:
        """Return how many wait for each provider."""
        return {provider: len(queue) for provider, queue in self._queues.items()}

    def take_last(self, provider: str, count: int) -> list[Given]:
        """Take out the last so many that wait for this provider; they stay in their order."""
        return [self._taken(provider, last=True) for _ in range(count)][::-1]

    def take_all(self) -> list[Given]:
        """Take out all that wait."""
        waiting = self.waiting().items()
        return [one for provider, count in waiting for one in self.take_last(provider, count)]

    def _taken(self, provider: str, *, last: bool = False) -> Given:
        queue = self._queues[provider]
        given = queue.pop() if last else queue.popleft()
        given.hand.parked -= 1
        if not queue:
            del self._queues[provider]
        return given
