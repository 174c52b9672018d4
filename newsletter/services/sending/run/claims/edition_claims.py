"""Claiming the batches of one edition, each with a journal beside it, and giving them back."""

from datetime import timedelta

from newsletter.domain.editions.states import is_sending
from newsletter.services.ports import Ports
from newsletter.services.sending.run.claims.claimed_batch import ClaimedBatch, PendingDelivery
from newsletter.services.sending.run.run_counters import RunCounters
from newsletter.store.delivery import batches, deliveries
from newsletter.store.delivery.batches import Batch
from newsletter.store.delivery.send_journal import SendJournal
from newsletter.store.editions import editions

# Of a claim. The first settlement renews it, and nothing is started before.
FIRST_LEASE = timedelta(seconds=10)
# A run whose rest is due so soon waits for it: of a provider's pace one second's worth is saved up
# at the most, so that whoever left it to the next minute would send less than the provider takes.
SOON = timedelta(seconds=5)


class EditionClaims:
    """The claims of one run on an edition's batches. Each method waits for the database.

    Each raises UnreachableError.
    """

    def __init__(self, ports: Ports, edition_id: int) -> None:
        self._ports = ports
        self._edition_id = edition_id

    def claim(self, batch: int | None = None) -> tuple[ClaimedBatch, RunCounters] | None:
        """Claim that batch, or the next one that is due; return it, and how the edition stands.

        Nothing of it may be started before a settlement has named it: a worker killed between its
        claim and its journal leaves a lease that puts nothing in doubt. Raises OSError where no
        journal can be made; the batch is given back then.
        """
        with self._ports.store.begin() as session:
            claim = batches.claim(
                session, self._edition_id, now=self._ports.now(), lease=FIRST_LEASE, batch=batch
            )
            if claim is None:
                return None
            progress = deliveries.progress(session, [self._edition_id])[self._edition_id]
        counters = RunCounters(progress.queued, progress.sent, progress.failed)
        return ClaimedBatch(claim, self._open_journal(claim)), counters

    def release(self, batch: ClaimedBatch) -> None:
        """Give the batch back; nothing of it is in flight."""
        with self._ports.store.begin() as session:
            batches.release(session, batch.claim)
        batch.delete_journal()

    def reschedule(
        self, batch: ClaimedBatch, several: list[PendingDelivery], wait: timedelta
    ) -> None:
        """Have these deliveries of the batch due again after the wait; that was no attempt."""
        ids = [pending.delivery.subscriber_id for pending in several]
        with self._ports.store.begin() as session:
            batches.reschedule(session, batch.claim, ids, due_at=self._ports.now() + wait)

    def is_due_soon(self) -> bool:
        """Whether something of the edition that no run has claimed is due soon."""
        soon = self._ports.now() + SOON
        with self._ports.store.begin() as session:
            if not is_sending(editions.status(session, self._edition_id)):
                return False
            return bool(deliveries.due_batches(session, self._edition_id, now=soon, limit=1))

    def _open_journal(self, claim: Batch) -> SendJournal:
        try:
            return SendJournal(
                self._ports.journal_dir,
                edition_id=claim.edition_id,
                batch=claim.batch,
                fence=claim.fence,
            )
        except OSError:
            with self._ports.store.begin() as session:
                batches.release(session, claim)
            raise
