"""Recover: what should have happened and did not, found in the ledger each minute."""

from dataclasses import dataclass

from newsletter.services.deliver import finish
from newsletter.services.ports import Ports
from newsletter.store import deliveries, editions


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """How many claims lapsed, batches were queued again, and editions found finished."""

    uncertain: int
    batches: int
    finished: int


def recover(ports: Ports) -> Recovered:
    """Settle what died, queue again what waits, close what is done. Harmless at any time.

    A batch that is already in work is queued once more: its rows are claimed one by one, so a
    second worker helps and never repeats.
    """
    now = ports.now()
    with ports.store.begin() as session:
        uncertain = deliveries.lapse(session, now=now)
        waiting = {
            edition_id: deliveries.due_batches(session, edition_id, now=now)
            for edition_id in editions.sending(session)
        }
    for edition_id, batches in waiting.items():
        ports.enqueue(edition_id, batches)
    finished = sum(finish(ports, edition_id) for edition_id in waiting)
    queued = sum(len(batches) for batches in waiting.values())
    return Recovered(uncertain=uncertain, batches=queued, finished=finished)
