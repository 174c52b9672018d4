"""Claiming a batch of an edition with a journal beside it, and giving it back."""

from datetime import timedelta

from newsletter.services.ports import Ports
from newsletter.services.sending.run.claimed_batch import ClaimedBatch, PendingDelivery, RunCounters
from newsletter.store.delivery import batches, deliveries
from newsletter.store.delivery.send_journal import SendJournal

FIRST_LEASE = timedelta(seconds=10)  # Of a claim; the first turn renews it, before anything begins.


def claim_batch(
    ports: Ports, edition_id: int, batch: int | None
) -> tuple[ClaimedBatch, RunCounters] | None:
    """Return a batch in a new hand, and how the edition stands: that batch, or the next one due.

    Nothing of it may be begun before the next turn has settled it: a worker killed between its
    claim and its journal leaves a lease that puts nothing in doubt. Raises OSError where no journal
    can be made; the batch is given back then.
    """
    with ports.store.begin() as session:
        claimed = batches.claim(
            session, edition_id, now=ports.now(), lease=FIRST_LEASE, batch=batch
        )
        if claimed is None:
            return None
        stands = deliveries.progress(session, [edition_id])[edition_id]
    try:
        journal = SendJournal(
            ports.journal_dir,
            edition_id=claimed.edition_id,
            batch=claimed.batch,
            fence=claimed.fence,
        )
    except OSError:
        with ports.store.begin() as session:
            batches.release(session, claimed)
        raise
    return ClaimedBatch(claimed, journal), RunCounters(stands.queued, stands.sent, stands.failed)


def postpone(
    ports: Ports, hand: ClaimedBatch, several: list[PendingDelivery], wait: timedelta
) -> None:
    """Have these deliveries of the batch due again after the wait; that was no attempt."""
    ids = [given.due.subscriber_id for given in several]
    with ports.store.begin() as session:
        batches.reschedule(session, hand.batch, ids, due_at=ports.now() + wait)


def release_batch(ports: Ports, hand: ClaimedBatch) -> None:
    """Give the batch back; nothing of it is in flight."""
    with ports.store.begin() as session:
        batches.release(session, hand.batch)
    hand.journal.delete()
