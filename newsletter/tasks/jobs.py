"""The jobs: ids in, one service call."""

from celery import shared_task

from newsletter.services import tick
from newsletter.services.deliver import deliver
from newsletter.tasks.process import ports


@shared_task(name="feeds.collect", acks_late=True, ignore_result=True)
def collect() -> None:
    """Read the feeds that are due."""
    tick.collect_due(ports())


@shared_task(name="editions.compose", acks_late=True, ignore_result=True)
def compose() -> None:
    """Compose the editions that are due."""
    tick.compose_due(ports())


@shared_task(name="editions.dispatch", acks_late=True, ignore_result=True)
def dispatch() -> None:
    """Send off the editions whose minute has come."""
    tick.dispatch_due(ports())


@shared_task(name="deliveries.recover", acks_late=True, ignore_result=True)
def recover() -> None:
    """Find what died or was lost, and put it right."""
    tick.recover_due(ports())


@shared_task(name="deliveries.deliver_batch", acks_late=True, ignore_result=True)
def deliver_batch(edition_id: int, batch: int) -> None:
    """Send what is still queued in one batch of an edition."""
    deliver(ports(), edition_id, batch)
