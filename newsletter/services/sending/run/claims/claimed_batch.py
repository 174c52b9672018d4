"""A claimed batch: its deliveries are handed out, and their results collected for the ledger."""

from dataclasses import dataclass
from math import inf

from newsletter.domain.delivery.smtp_reply import Reply, SmtpStage
from newsletter.services.sending.run.outcomes import DeliveryResult
from newsletter.store.delivery.batches import Batch, ClaimedDelivery
from newsletter.store.delivery.send_journal import SendJournal
from newsletter.throttle.mailbox_providers import provider_of

RENEW_S = 5.0  # A batch of which nothing is settled meanwhile has its lease renewed so often.
# Of a message that nobody has, while it is open whom its refusal is about: it is queued again.
_UNDECIDED = Reply(code=0, text="The relay refused it, or us.", stage=SmtpStage.DATA)


@dataclass(frozen=True, slots=True)
class PendingDelivery:
    """One delivery that was handed out of its batch, and the provider of its mailbox."""

    batch: "ClaimedBatch"
    delivery: ClaimedDelivery
    provider: str


@dataclass(frozen=True, slots=True)
class Settlement:
    """What is to be written of one batch: results, and whose messages may be started from then on.

    window_ids are subscribers. Those whose messages are on their way belong to them.
    """

    batch: "ClaimedBatch"
    results: tuple[DeliveryResult, ...]
    window_ids: list[int]


class ClaimedBatch:
    """A batch in the hands of one run, with the journal of what was started and answered.

    Each delivery goes through these steps:
    1. hand_out() gives it to the run; where it has to wait for its provider, it counts as waiting.
    2. log_started() writes it into the journal, before its message may go out.
    3. record() takes its result, which take_unsettled() hands to the ledger once.
    4. mark_settled() forgets the result: it stands in the ledger. One that is not to be sent by
       this run skips 2 and 3: leave_queued().
    """

    def __init__(self, claim: Batch, journal: SendJournal) -> None:
        self.claim = claim
        self.window_ids: list[int] = []  # whom the ledger names as maybe started
        self.renewed_at = -inf  # when the ledger last renewed the lease, on the monotonic clock
        self._journal = journal
        self._handed_out = 0
        self._waiting = 0  # of those handed out: they wait for their provider, and are not started
        self._over = 0  # of those handed out: settled, or left queued
        self._results: list[DeliveryResult] = []
        self._in_write = 0  # of the results, from the first on: a settlement has taken them
        self._is_being_written = False

    @property
    def remaining(self) -> int:
        """Return how many deliveries were not handed out."""
        return len(self.claim.deliveries) - self._handed_out

    @property
    def unsettled(self) -> int:
        """Return how many results no settlement has taken.

        Those of a settlement that failed count as taken: the next one takes them by itself.
        """
        return len(self._results) - self._in_write

    @property
    def has_results(self) -> bool:
        """Whether a result is not in the ledger."""
        return bool(self._results)

    @property
    def is_over(self) -> bool:
        """Whether it can be released: nothing of it is left, on its way, or being written."""
        return self.is_idle and not self._waiting and not self.remaining

    @property
    def is_idle(self) -> bool:
        """Whether no message of it is on its way, and all results are in the ledger."""
        is_settled = self._over + self._waiting == self._handed_out and not self._results
        return is_settled and not self._is_being_written

    def hand_out(self) -> PendingDelivery:
        """Return its next delivery; remaining says whether there is one."""
        delivery = self.claim.deliveries[self._handed_out]
        self._handed_out += 1
        return PendingDelivery(self, delivery, provider_of(delivery.address))

    def add_waiting(self, count: int) -> None:
        """Count so many more (or fewer) as waiting for their provider."""
        self._waiting += count

    def leave_queued(self, count: int) -> None:
        """Have nothing written of so many: they are queued in the ledger, and another run's."""
        self._over += count

    def log_started(self, key: int) -> None:
        """Write into the journal that this subscriber's message goes out. Raises OSError."""
        self._journal.log_started(key)

    def log_undecided(self, key: int) -> None:
        """Remember for the journal that the relay has not taken the message, for whatever reason.

        Should the process die before that is decided, the delivery is queued again.
        """
        self._journal.log_reply(key, _UNDECIDED)

    def record(self, result: DeliveryResult, reply: Reply | None = None) -> None:
        """Keep a result for the ledger, and its reply for the journal.

        reply is None where no message was started, or the journal has it as undecided.
        """
        if reply is not None:
            self._journal.log_reply(result.outcome.subscriber_id, reply)
        self._results.append(result)

    def has_news(self, window_ids: list[int], *, now: float) -> bool:
        """Whether the ledger has to hear of it: results, other names, or an old lease.

        now counts seconds on the monotonic clock.
        """
        is_old = self.renewed_at < now - RENEW_S
        return is_old or bool(self._results) or set(window_ids) != set(self.window_ids)

    def take_unsettled(self, window_ids: list[int]) -> Settlement:
        """Return all results that are not in the ledger; end_writing() is to follow."""
        self._in_write, self._is_being_written = len(self._results), True
        return Settlement(self, tuple(self._results), window_ids)

    def end_writing(self) -> None:
        """Note that the settlement has been written, or has failed."""
        self._is_being_written = False

    def mark_settled(self, settlement: Settlement, *, at: float) -> None:
        """Forget the results: they stand in the ledger, which has renewed the lease at that time.

        Not before, whatever fails: what was taken by a settlement that failed is taken again.
        """
        count = len(settlement.results)
        del self._results[:count]
        self._in_write = 0
        self._over += count
        self.window_ids = settlement.window_ids
        self.renewed_at = at

    def flush_journal(self) -> None:
        """Write the replies that are only remembered into the journal. Raises OSError."""
        self._journal.flush()

    def sync_journal(self) -> None:
        """Put the journal on the disk. Raises OSError."""
        self._journal.sync()

    def close_journal(self) -> None:
        """Leave the journal to whoever recovers the run. Raises OSError."""
        self._journal.close()

    def delete_journal(self) -> None:
        """Delete the journal: the batch has been released."""
        self._journal.delete()
