"""Putting batches on the queue; when Redis takes none the ledger keeps them for recover."""

import logging
from collections.abc import Callable, Sequence

from celery import Celery
from kombu.exceptions import OperationalError

from newsletter.errors import UnreachableError
from newsletter.tasks.app import make_app

# Once more, over a new connection: the one in the pool may be of a Redis that has been restarted.
_RETRY = {"max_retries": 1, "interval_start": 0, "interval_step": 0}
_log = logging.getLogger(__name__)


def enqueue(redis_url: str) -> Callable[[int, Sequence[int]], None]:
    """A function that queues an edition's batches on this Redis, for Ports.

    A Redis that is away, full, read-only, loading, busy or refuses us loses nothing: the ledger
    knows what is due, and recover asks again each minute. That is said once, and once when Redis
    takes tasks again.
    """
    app = _impatient(make_app(redis_url))
    troubles = (*_away(app), *_refusing(app))
    is_away = False

    def queue(edition_id: int, batches: Sequence[int]) -> None:
        nonlocal is_away
        try:
            for batch in batches:
                app.send_task(
                    "deliveries.deliver_batch",
                    (edition_id, batch),
                    retry=True,
                    retry_policy=_RETRY,
                )
        except troubles as error:
            if not is_away:
                _log.warning("Redis takes no tasks (%s); recover queues them once it does.", error)
            is_away = True
        else:
            if is_away and batches:
                _log.warning("Redis takes tasks again.")
            is_away = is_away and not batches

    return queue


def has_worker(redis_url: str, *, timeout_s: float) -> bool:
    """Whether a worker answers on this Redis within timeout_s.

    Raises UnreachableError when Redis itself does not answer, or takes nothing.
    """
    app = _impatient(make_app(redis_url))
    try:
        return bool(app.control.ping(timeout=timeout_s, limit=1))
    except _away(app) as error:
        raise UnreachableError(
            f"Redis cannot be reached ({error}). Check NEWSLETTER_REDIS_URL, and that Redis is "
            "running."
        ) from error
    except _refusing(app) as error:
        raise UnreachableError(
            f"Redis takes no tasks ({error}). Check NEWSLETTER_REDIS_URL, and that Redis has "
            "memory left (maxmemory) and may be written to."
        ) from error


def _impatient(app: Celery) -> Celery:
    """Return the app, which tries to connect once and not for seconds: somebody waits."""
    app.conf.broker_transport_options |= _RETRY
    return app


def _away(app: Celery) -> tuple[type[Exception], ...]:
    """What is raised when Redis is not to be reached, or lets us not in."""
    return (OperationalError, OSError, *app.connection_for_write().connection_errors)


def _refusing(app: Celery) -> tuple[type[Exception], ...]:
    """What is raised when Redis answers with an error: full, read-only, busy, or not itself."""
    return tuple(app.connection_for_write().channel_errors)
