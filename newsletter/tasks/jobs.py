"""The jobs: ids in, one service call. What a service needs is imported when it is first called, so
that a worker which only delivers holds no feed reader in its memory.
"""

from celery import shared_task

from newsletter.services.outages import Service, report_end
from newsletter.tasks.job_log import logged
from newsletter.tasks.worker_context import ports, settings


@shared_task(name="feeds.collect", acks_late=True, ignore_result=True)
def collect() -> None:
    """Read the feeds that are due."""
    from newsletter.services.operations import scheduled_jobs

    with logged("collect"):
        scheduled_jobs.collect_due(ports())


@shared_task(name="editions.compose", acks_late=True, ignore_result=True)
def compose() -> None:
    """Compose the editions that are due, and anew those that news came for."""
    from newsletter.services.operations import scheduled_jobs

    with logged("compose"):
        scheduled_jobs.compose_due(ports())


@shared_task(name="editions.dispatch", acks_late=True, ignore_result=True)
def dispatch() -> None:
    """Send off the editions whose minute has come."""
    from newsletter.services.operations import scheduled_jobs

    with logged("dispatch"):
        scheduled_jobs.dispatch_due(ports())


@shared_task(name="deliveries.recover", acks_late=True, ignore_result=True)
def recover() -> None:
    """Find what died or was lost, and put it right."""
    from newsletter.services.operations import scheduled_jobs

    with logged("recover"):
        scheduled_jobs.recover_due(ports())


@shared_task(name="ledger.retain", acks_late=True, ignore_result=True)
def retain() -> None:
    """Let go of what is old enough in the store, and of journals that are over."""
    from newsletter.services.operations import scheduled_jobs

    with logged("retain"):
        scheduled_jobs.retain_due(ports(), keep_months=settings().keep_months)


@shared_task(name="deliveries.deliver_batch", acks_late=True, ignore_result=True)
def deliver_batch(edition_id: int, batch: int) -> None:
    """Send what is still queued in one batch of an edition, and in those after it."""
    from newsletter.services.sending.deliver import deliver

    with logged("deliver"):  # the ledger keeps what is left; recover asks again in a minute
        if deliver(ports(), edition_id, batch):
            report_end(Service.RELAY)
