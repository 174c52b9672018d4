"""Putting batches on the queue; when Redis is away the ledger keeps them for recover."""

from collections.abc import Callable, Sequence

from kombu.exceptions import OperationalError

from newsletter.errors import UnreachableError
from newsletter.services.outages import Service, report_end, report_outage
from newsletter.tasks.app import make_app


def enqueue(redis_url: str) -> Callable[[int, Sequence[int]], None]:
    """A function that queues an edition's batches on this Redis, for Ports."""
    app = make_app(redis_url)
    away = (OperationalError, OSError, *app.connection_for_write().connection_errors)

    def queue(edition_id: int, batches: Sequence[int]) -> None:
        try:
            for batch in batches:
                app.send_task("deliveries.deliver_batch", (edition_id, batch), retry=False)
        except away as error:
            sentence = (
                f"Redis cannot be reached ({error}); recover queues the rest when it answers."
            )
            report_outage(Service.REDIS, sentence)
        else:
            report_end(Service.REDIS)

    return queue


def has_worker(redis_url: str, *, timeout_s: float) -> bool:
    """Whether a worker answers on this Redis within timeout_s.

    Raises UnreachableError when Redis itself does not.
    """
    app = make_app(redis_url)
    away = (OperationalError, OSError, *app.connection_for_write().connection_errors)
    try:
        return bool(app.control.ping(timeout=timeout_s, limit=1))
    except away as error:
        raise UnreachableError(
            f"Redis cannot be reached ({error}). Check NEWSLETTER_REDIS_URL, and that Redis is "
            "running."
        ) from error
