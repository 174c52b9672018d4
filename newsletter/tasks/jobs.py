"""The jobs: ids in, one service call. What a service needs is imported when it is first called, so
that a worker which only delivers holds no feed reader in its memory.
"""

import logging

from celery import shared_task

from newsletter.errors import UnreachableError
from newsletter.tasks.process import ports, settings

_log = logging.getLogger(__name__)


@shared_task(name="feeds.collect", acks_late=True, ignore_result=True)
def collect() -> None:
    """Read the feeds that are due."""
    from newsletter.services import tick

    tick.collect_due(ports())


@shared_task(name="editions.compose", acks_late=True, ignore_result=True)
def compose() -> None:
    """Compose the editions that are due, and anew those that news came for."""
    from newsletter.services import tick

    tick.compose_due(ports())


@shared_task(name="editions.dispatch", acks_late=True, ignore_result=True)
def dispatch() -> None:
    """Send off the editions whose minute has come."""
    from newsletter.services import tick

    tick.dispatch_due(ports())


@shared_task(name="deliveries.recover", acks_late=True, ignore_result=True)
def recover() -> None:
    """Find what died or was lost, and put it right."""
    from newsletter.services import tick

    tick.recover_due(ports())


@shared_task(name="ledger.retain", acks_late=True, ignore_result=True)
def retain() -> None:
    """Let go of what is old enough in the store, and of journals that are over."""
    from newsletter.services import tick

    tick.retain_due(ports(), keep_months=settings().keep_months)


@shared_task(name="deliveries.deliver_batch", acks_late=True, ignore_result=True)
def deliver_batch(edition_id: int, batch: int) -> None:
    """Send what is still queued in one batch of an edition, and in those after it."""
    from newsletter.services.deliver import deliver

    try:
        deliver(ports(), edition_id, batch)
    except UnreachableError as error:  # the ledger keeps it; recover asks again in a minute
        _log.warning("%s", error)
