"""How a job ends: what is away stands in the log once, and so does a fault that repeats."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from newsletter.errors import NewsletterError, UnreachableError
from newsletter.services.outages import Service, report_end, report_outage, service_of

_log = logging.getLogger(__name__)
# The fault with which each job of this process failed the last time.
_faults: dict[str, str] = {}
_LOCK = threading.Lock()


@contextmanager
def logged(job: str) -> Iterator[None]:
    """Run the job's work; whatever it raises is told in the log, and the beat asks again.

    A service that is away is one line until it is back, whichever jobs ask for it. A fault of ours
    is told with its traceback the first time, and not again while the job fails in the same way.
    """
    try:
        yield
    except UnreachableError as error:
        report_outage(service_of(error), str(error))
    except NewsletterError as error:
        _report_fault(job, error, in_words=True)
    except Exception as error:  # noqa: BLE001  # Celery would write the same traceback each minute
        _report_fault(job, error, in_words=False)
    else:
        report_end(Service.DATABASE)
        _report_success(job)


def _report_fault(job: str, error: Exception, *, in_words: bool) -> None:
    fault = f"{type(error).__name__}: {error}"
    with _LOCK:
        is_known = _faults.get(job) == fault
        _faults[job] = fault
    if not is_known:
        _log.error("%s failed: %s", job, error, exc_info=None if in_words else error)


def _report_success(job: str) -> None:
    with _LOCK:
        fault = _faults.pop(job, None)
    if fault is not None:
        _log.warning("%s works again.", job)
