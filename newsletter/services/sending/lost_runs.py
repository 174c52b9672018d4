"""Runs whose process died: what they had begun, been answered, and not written down."""

from contextlib import suppress
from pathlib import Path

from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.services.ports import Ports
from newsletter.services.sending.run.outcomes import OutcomePolicy
from newsletter.services.sending.run.settlement import LEASE
from newsletter.store import Session
from newsletter.store.delivery import batches
from newsletter.store.delivery.batches import Batch, DeliveryOutcome
from newsletter.store.delivery.send_journal import (
    AbandonedJournal,
    JournalKeptError,
    abandoned_journals,
    foreign_journals,
    of_claim,
)
from newsletter.store.editions import editions, newsletters


def recover_from_journals(ports: Ports) -> int:
    """Settle the runs that died on this machine, by their journals; how many are uncertain now.

    What was answered is written down, what was begun without an answer is in doubt (at most one for
    each connection that was open), and the rest is queued as it was.
    """
    uncertain = 0
    with abandoned_journals(ports.journal_dir) as found:
        for left, path in found:
            with ports.store.begin() as session:
                batch = batches.get_claimed(session, left.edition_id, left.batch, left.fence)
                if batch is not None:
                    uncertain += _settled(ports, session, batch, left)
            _remove(path)
    return uncertain


def recover_expired_leases(ports: Ports) -> int:
    """Settle the runs whose lease has ended; how many are in doubt.

    Nobody of this machine has their journal, or it is from before the machine was started anew and
    may be short: in doubt is whom their window names, but for what such a journal tells as
    answered. A process that lives was stopped, or has not reached the database for so long; it
    knows better, and says so as soon as it can.
    """
    uncertain = 0
    with ports.store.begin() as session:
        for batch in batches.expired_claims(session):
            with suppress(JournalKeptError), of_claim(ports.journal_dir, **_claim(batch)) as found:
                left = found or AbandonedJournal(batch.edition_id, batch.batch, batch.fence)
                left.started.update(batch.window_ids)
                uncertain += _settled(ports, session, batch, left)
    return uncertain


def delete_stale_journals(ports: Ports) -> int:
    """Remove the journals that nobody reads and that can say nothing any more; how many.

    An earlier boot's is read once, when its lease has ended; another machine's is for that machine.
    All are over with their claim: it was given back, or settled once its lease had ended, and its
    fence never comes again.
    """
    found = list(foreign_journals(ports.journal_dir))
    if not found:
        return 0
    with ports.store.begin() as session:
        over = [path for path, claim in found if not batches.is_claimed(session, *claim)]
    for path in over:
        _remove(path)
    return len(over)


def _remove(path: Path) -> None:
    with suppress(OSError):  # a disk that can only be read: its claim is over all the same
        path.unlink()


def _claim(batch: Batch) -> dict[str, int]:
    return {"edition_id": batch.edition_id, "batch": batch.batch, "fence": batch.fence}


def _settled(ports: Ports, session: Session, batch: Batch, left: AbandonedJournal) -> int:
    judge = _judge(ports, session, batch)
    outcomes = []
    for due in batch.deliveries:
        reply = left.replies.get(due.subscriber_id)
        # An answer that is settled already is out of the window: it waits for another attempt.
        if reply is not None and due.subscriber_id in batch.window_ids:
            settled, outcome = judge.decide(due, reply)
            outcomes.append(settled)
            judge.apply(session, due, reply, outcome)
        elif reply is None and due.subscriber_id in left.started:
            outcomes.append(judge.decide_lost(due))
    return _write(ports, session, batch, outcomes)


def _judge(ports: Ports, session: Session, batch: Batch) -> OutcomePolicy:
    edition = editions.by_id(session, batch.edition_id)
    return OutcomePolicy(ports, edition, newsletters.by_id(session, edition.newsletter_id))


def _write(ports: Ports, session: Session, batch: Batch, outcomes: list[DeliveryOutcome]) -> int:
    """How many of the outcomes are uncertain; all are written down, and the batch is given back."""
    batches.record_outcomes(session, batch, outcomes, now=ports.now(), lease=LEASE, window=())
    batches.release(session, batch)
    return sum(one.status is DeliveryStatus.UNCERTAIN for one in outcomes)
