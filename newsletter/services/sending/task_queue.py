"""Puts the due batches of an edition on the queue, after commit only: a task is a hint."""

from datetime import timedelta

from newsletter.domain.editions.states import is_sending
from newsletter.services.ports import Ports
from newsletter.store.delivery import deliveries
from newsletter.store.editions import editions

# Tasks that are queued at once for an edition: as many workers as a large house has.
MAX_TASKS = 64


def enqueue_due(
    ports: Ports, edition_id: int, *, within: timedelta = timedelta(0), limit: int = MAX_TASKS
) -> None:
    """Queue what is due now, or within a time, of an edition that is being sent.

    Its tasks may have been lost; a task more does no harm.
    """
    due_at = ports.now() + within
    with ports.store.begin() as session:
        batches = deliveries.due_batches(session, edition_id, now=due_at, limit=limit)
        status = editions.status(session, edition_id)
    if batches and is_sending(status):
        ports.enqueue(edition_id, batches)
