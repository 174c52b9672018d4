"""Runs whose process died: what they had begun, been answered, and not written down."""

from newsletter.domain.delivery import DeliveryStatus
from newsletter.mail.journal import Left, is_kept, left_behind, unread
from newsletter.services.judge import Judge
from newsletter.services.keeper import LEASE
from newsletter.services.ports import Ports
from newsletter.store import Session, batches, editions, newsletters
from newsletter.store.batches import Batch, Settled


def settle_journals(ports: Ports) -> int:
    """Settle the runs that died on this machine, by their journals; how many are uncertain now.

    What was answered is written down, what was begun without an answer is in doubt (at most one for
    each connection that was open), and the rest is queued as it was.
    """
    uncertain = 0
    with left_behind(ports.journal) as found:
        for left, path in found:
            with ports.store.begin() as session:
                batch = batches.held(session, left.edition_id, left.batch, left.fence)
                if batch is not None:
                    uncertain += _settled(ports, session, batch, left)
            path.unlink(missing_ok=True)
    return uncertain


def settle_leases(ports: Ports) -> int:
    """Settle the runs whose lease has ended and whose journal nobody found; how many are in doubt.

    That is all that they might have begun, more than a journal would tell: their machine is gone.
    A process of this machine that lives was stopped, or has not reached the database for so long;
    it knows better, and says so as soon as it can.
    """
    uncertain = 0
    with ports.store.begin() as session:
        for batch in batches.lapsed(session):
            if _is_kept(ports, batch):
                continue
            judge = _judge(ports, session, batch)
            uncertain += _write(
                ports, session, batch, [judge.lost(due) for due in batch.deliveries]
            )
    return uncertain


def end_journals(ports: Ports) -> int:
    """Remove the journals that nobody reads and that can say nothing any more; how many.

    An earlier boot's may be short, so that the window of doubt counts instead; another machine's is
    for that machine. All are over with their claim: it was given back, or settled once its lease
    had ended, and its fence never comes again.
    """
    found = list(unread(ports.journal))
    if not found:
        return 0
    with ports.store.begin() as session:
        over = [path for path, claim in found if not batches.is_held(session, *claim)]
    for path in over:
        path.unlink(missing_ok=True)
    return len(over)


def _is_kept(ports: Ports, batch: Batch) -> bool:
    return is_kept(ports.journal, edition_id=batch.edition_id, batch=batch.batch, fence=batch.fence)


def _settled(ports: Ports, session: Session, batch: Batch, left: Left) -> int:
    judge = _judge(ports, session, batch)
    outcomes = []
    for due in batch.deliveries:
        reply = left.answered.get(due.subscriber_id)
        if reply is not None:
            settled, outcome = judge.settled(due, reply)
            outcomes.append(settled)
            judge.follow(session, due, reply, outcome)
        elif due.subscriber_id in left.begun:
            outcomes.append(judge.lost(due))
    return _write(ports, session, batch, outcomes)


def _judge(ports: Ports, session: Session, batch: Batch) -> Judge:
    edition = editions.by_id(session, batch.edition_id)
    return Judge(ports, edition, newsletters.by_id(session, edition.newsletter_id))


def _write(ports: Ports, session: Session, batch: Batch, outcomes: list[Settled]) -> int:
    """How many of the outcomes are uncertain; all are written down, and the batch is given back."""
    batches.settle(session, batch, outcomes, now=ports.now(), lease=LEASE, through=0)
    batches.release(session, batch)
    return sum(one.status is DeliveryStatus.UNCERTAIN for one in outcomes)
