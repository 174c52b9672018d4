"""Deliveries that were handed out and wait for their mailbox provider."""

from collections import deque
from collections.abc import Callable, Iterable

from newsletter.services.sending.run.claims.claimed_batch import PendingDelivery


class ThrottledQueue:
    """A queue for each provider: the first to come is the first to go."""

    def __init__(self) -> None:
        self._queues: dict[str, deque[PendingDelivery]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._queues.values()))

    def put(self, pending: PendingDelivery) -> None:
        """Add one at the end."""
        pending.batch.add_waiting(1)
        self._queues.setdefault(pending.provider, deque()).append(pending)

    def put_all(self, several: Iterable[PendingDelivery]) -> None:
        """Add several at the end, in their order."""
        for pending in several:
            self.put(pending)

    def has_any(self, may_send: Callable[[str], bool]) -> bool:
        """Whether one of them waits for a provider that may be sent to."""
        return any(map(may_send, self._queues))

    def take(self, may_send: Callable[[str], bool]) -> PendingDelivery | None:
        """Take out the first whose provider may be sent to."""
        for provider in self._queues:
            if may_send(provider):
                return self._pop(provider)
        return None

    def counts(self) -> dict[str, int]:
        """Return how many wait for each provider."""
        return {provider: len(queue) for provider, queue in self._queues.items()}

    def take_last(self, provider: str, count: int) -> list[PendingDelivery]:
        """Take out the last so many that wait for this provider; they stay in their order."""
        return [self._pop(provider, last=True) for _ in range(count)][::-1]

    def take_all(self) -> list[PendingDelivery]:
        """Take out all."""
        counts = self.counts().items()
        return [each for provider, count in counts for each in self.take_last(provider, count)]

    def _pop(self, provider: str, *, last: bool = False) -> PendingDelivery:
        queue = self._queues[provider]
        pending = queue.pop() if last else queue.popleft()
        pending.batch.add_waiting(-1)
        if not queue:
            del self._queues[provider]
        return pending
