"""Recover: what should have happened and did not, found in the ledger each minute."""

from dataclasses import dataclass

from newsletter.services.ports import Ports
from newsletter.services.sending.lost_runs import recover_expired_leases, recover_from_journals
from newsletter.services.sending.run.deliver import MAX_TASKS, close_if_done
from newsletter.store.delivery import deliveries
from newsletter.store.editions import editions


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryReport:
    """How many deliveries are newly uncertain, batches queued again, editions found finished."""

    uncertain: int
    batches: int
    finished: int


def recover(ports: Ports) -> RecoveryReport:
    """Settle what died, queue again what waits, close what is done. Harmless at any time.

    A dead run of this machine is settled by its journal; one of another machine once its lease has
    ended, by how far it may have begun.
    """
    uncertain = recover_from_journals(ports) + recover_expired_leases(ports)
    now = ports.now()
    with ports.store.begin() as session:
        waiting = {
            edition_id: deliveries.due_batches(session, edition_id, now=now, limit=MAX_TASKS)
            for edition_id in editions.sending(session)
        }
        cancelled = editions.cancelled_with_queue(session)
    for edition_id, found in waiting.items():
        if found:
            ports.enqueue(edition_id, found)
    finished = sum(close_if_done(ports, edition_id) for edition_id in (*waiting, *cancelled))
    queued = sum(len(found) for found in waiting.values())
    return RecoveryReport(uncertain=uncertain, batches=queued, finished=finished)
