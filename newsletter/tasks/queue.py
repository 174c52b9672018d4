"""Putting batches on the queue; when Redis takes none the ledger keeps them for recover."""

import logging
from collections.abc import Callable, Sequence

from celery import Celery
from kombu.exceptions import OperationalError

from newsletter.errors import UnreachableError
from newsletter.services.outages import Service, report_end, report_outage
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
    refusals = _refusing(app)
    troubles = (*_away(app), *refusals)
    # Not the outage of a Redis that is away: this one may go on handing out the tasks that it has.
    is_refused = False

    def queue(edition_id: int, batches: Sequence[int]) -> None:
        nonlocal is_refused
        try:
            for batch in batches:
                app.send_task(
                    "deliveries.deliver_batch",
                    (edition_id, batch),
                    retry=True,
                    retry_policy=_RETRY,
                )
        except troubles as error:
            if not _is_refusal(error, refusals):
                report_outage(
                    Service.REDIS,
                    f"Redis cannot be reached ({error}); recover queues the rest when it answers.",
                )
                return
            if not is_refused:
                _log.warning("Redis takes no tasks (%s); recover queues them later.", _why(error))
            is_refused = True
        else:
            report_end(Service.REDIS)
            if is_refused and batches:
                _log.warning("Redis takes tasks again.")
            is_refused = is_refused and not batches

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
            f"Redis takes no tasks ({_why(error)}). Check NEWSLETTER_REDIS_URL, and that Redis has "
            "memory left (maxmemory) and may be written to."
        ) from error


def _impatient(app: Celery) -> Celery:
    """Return the app, which tries to connect once and not for seconds: somebody waits."""
    app.conf.broker_transport_options |= _RETRY
    return app


def _is_refusal(error: Exception, refusals: tuple[type[Exception], ...]) -> bool:
    """Whether Redis answered with an error; kombu puts one of its own around that."""
    return isinstance(error, refusals) or isinstance(error.__cause__, refusals)


def _why(error: Exception) -> str:
    """What Redis said, without the command that it was an answer to."""
    return str(error).rpartition("caused error: ")[2]


def _away(app: Celery) -> tuple[type[Exception], ...]:
    """What is raised when Redis is not to be reached, or lets us not in."""
    return (OperationalError, OSError, *app.connection_for_write().connection_errors)


def _refusing(app: Celery) -> tuple[type[Exception], ...]:
    """What is raised when Redis answers with an error: full, read-only, busy, or not itself."""
    return tuple(app.connection_for_write().channel_errors)
