"""Crash recovery: what should have happened and did not, found in journals and in the ledger."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.services.ports import Ports
from newsletter.services.sending.close_edition import close_if_done
from newsletter.services.sending.run.ledger.hold_edition import hold_edition
from newsletter.services.sending.run.ledger.settlement import LEASE
from newsletter.services.sending.run.outcomes import (
    DeliveryResult,
    OutcomePolicy,
    suppress_dead_addresses,
)
from newsletter.services.sending.task_queue import MAX_TASKS
from newsletter.store import Session
from newsletter.store.delivery import batches, deliveries
from newsletter.store.delivery.batches import Batch
from newsletter.store.delivery.send_journal import (
    AbandonedJournal,
    JournalKeptError,
    abandoned_journals,
    foreign_journals,
    of_claim,
)
from newsletter.store.editions import editions, newsletters


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryReport:
    """How many deliveries are newly uncertain, batches queued again, editions found finished."""

    uncertain: int
    batches: int
    finished: int


def recover(ports: Ports) -> RecoveryReport:
    """Put right what died or was lost. Harmless at any time.

    1. Settle the runs that died: of this machine by their journals, of others once their lease has
       ended, by whom their window names.
    2. Queue again what is due of every edition that is being sent.
    3. Close the editions that have nothing left to do.
    """
    uncertain = recover_from_journals(ports) + recover_expired_leases(ports)
    now = ports.now()
    with ports.store.begin() as session:
        waiting = {
            edition_id: deliveries.due_batches(session, edition_id, now=now, limit=MAX_TASKS)
            for edition_id in editions.sending(session)
        }
        cancelled = editions.cancelled_with_queue(session)
    for edition_id, due in waiting.items():
        if due:
            ports.enqueue(edition_id, due)
    finished = sum(close_if_done(ports, edition_id) for edition_id in (*waiting, *cancelled))
    queued = sum(map(len, waiting.values()))
    return RecoveryReport(uncertain=uncertain, batches=queued, finished=finished)


def recover_from_journals(ports: Ports) -> int:
    """Settle the runs that died on this machine, by their journals; return how many are uncertain.

    What was answered is written down, what was started without an answer is in doubt (at most one
    for each connection that was open), and the rest is queued as it was.
    """
    uncertain = 0
    with abandoned_journals(ports.journal_dir) as journals:
        for journal, path in journals:
            with ports.store.begin() as session:
                batch = batches.get_claimed(
                    session, journal.edition_id, journal.batch, journal.fence
                )
                if batch is not None:
                    uncertain += _settle(ports, session, batch, journal)
            _remove(path)
    return uncertain


def recover_expired_leases(ports: Ports) -> int:
    """Settle the runs whose lease has ended; return how many are in doubt.

    Nobody of this machine has their journal, or it is from before the machine was started anew and
    may be short: in doubt is whom their window names, but for what such a journal tells as
    answered. A process that lives was stopped, or has not reached the database for so long; it
    knows better, and says so as soon as it can.
    """
    uncertain = 0
    with ports.store.begin() as session:
        for batch in batches.expired_claims(session):
            claim = {"edition_id": batch.edition_id, "batch": batch.batch, "fence": batch.fence}
            with suppress(JournalKeptError), of_claim(ports.journal_dir, **claim) as found:
                journal = found or AbandonedJournal(batch.edition_id, batch.batch, batch.fence)
                journal.started.update(batch.window_ids)
                uncertain += _settle(ports, session, batch, journal)
    return uncertain


def delete_stale_journals(ports: Ports) -> int:
    """Delete the journals that nobody reads and whose claim is gone; return how many.

    An earlier boot's is read once, when its lease has ended; another machine's is for that machine.
    A claim is gone once it was released, or recovered after its lease. Fences only grow, so it
    cannot come back.
    """
    foreign = list(foreign_journals(ports.journal_dir))
    if not foreign:
        return 0
    with ports.store.begin() as session:
        stale = [path for path, claim in foreign if not batches.is_claimed(session, *claim)]
    for path in stale:
        _remove(path)
    return len(stale)


def _settle(ports: Ports, session: Session, batch: Batch, journal: AbandonedJournal) -> int:
    """Write what the journal tells of a claimed batch; return how many are in doubt.

    A reply that was settled before the end is out of the window: it waits for another attempt. The
    batch is released.
    """
    edition = editions.by_id(session, batch.edition_id)
    newsletter = newsletters.by_id(session, edition.newsletter_id)
    results = _results(batch, journal, OutcomePolicy(ports, edition, newsletter))
    now, outcomes = ports.now(), [result.outcome for result in results]
    batches.record_outcomes(session, batch, outcomes, now=now, lease=LEASE, window=())
    suppress_dead_addresses(session, results, now=now)
    if stop_reason := next((each.stop_reason for each in results if each.stop_reason), ""):
        hold_edition(session, edition, stop_reason)
    batches.release(session, batch)
    return sum(outcome.status is DeliveryStatus.UNCERTAIN for outcome in outcomes)


def _results(
    batch: Batch, journal: AbandonedJournal, policy: OutcomePolicy
) -> Sequence[DeliveryResult]:
    results = []
    for delivery in batch.deliveries:
        reply = journal.replies.get(delivery.subscriber_id)
        if reply is not None and delivery.subscriber_id in batch.window_ids:
            results.append(policy.decide(delivery, reply))
        elif reply is None and delivery.subscriber_id in journal.started:
            results.append(policy.decide_lost(delivery))
    return results


def _remove(path: Path) -> None:
    with suppress(OSError):  # a disk that can only be read: its claim is over all the same
        path.unlink()
