"""Puts the due batches of an edition on the queue."""

from newsletter.domain.editions.states import is_sending
from newsletter.services.ports import Ports
from newsletter.services.sending.run.deliver import MAX_TASKS
from newsletter.store.delivery import deliveries
from newsletter.store.editions import editions


def enqueue_due(ports: Ports, edition_id: int) -> None:
    """Queue what is due of an edition that is being sent; its tasks may have been lost."""
    with ports.store.begin() as session:
        batches = deliveries.due_batches(session, edition_id, now=ports.now(), limit=MAX_TASKS)
        status = editions.status(session, edition_id)
    if batches and is_sending(status):
        ports.enqueue(edition_id, batches)
