"""Celery's words about a Redis that is away, as one line when that begins and one when it ends."""

import logging
import warnings
from collections.abc import Iterator

from celery import Celery
from celery.exceptions import CPendingDeprecationWarning
from celery.signals import after_task_publish, task_prerun
from kombu.exceptions import OperationalError

from newsletter.services.outages import Service, report_end, report_outage

# Celery says so when a worker has its connection again; the others say that one is missing.
_CONNECTED = "celery.worker.consumer.connection"
_SENTENCE = (
    "Redis cannot be reached. It is tried again until it answers; what is due then is found in "
    "PostgreSQL. Check NEWSLETTER_REDIS_URL, and that Redis is running."
)
_CELERYS = ("celery", "kombu")
_TASKS = "celery.app.trace"  # What a task raised is about the task.
_WORDS = ("consumer: Connection to broker lost", "consumer: Cannot connect", "beat: Connection")


class BrokerOutages(logging.Filter):
    """Takes Celery's lines and tracebacks about the connection to Redis out of the log."""

    def __init__(self, app: Celery) -> None:
        super().__init__()
        self._errors = (OperationalError, *app.connection_for_write().connection_errors)

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is about something else."""
        if record.name == _CONNECTED:
            report_end(Service.REDIS)
            return record.levelno > logging.INFO
        if not record.name.startswith(_CELERYS) or record.name == _TASKS:
            return True
        if not self._is_outage(record):
            return True
        report_outage(Service.REDIS, _SENTENCE)
        return False

    def _is_outage(self, record: logging.LogRecord) -> bool:
        """Whether the record, or what led to its exception, is about the connection."""
        error = record.exc_info[1] if record.exc_info else None
        is_lost = any(isinstance(one, self._errors) for one in _causes(error))
        return is_lost or record.getMessage().startswith(_WORDS)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The exception and those that led to it, the last one first."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def log_outages_once(app: Celery) -> None:
    """Have every handler of this process's log leave out what BrokerOutages takes."""
    outages = BrokerOutages(app)
    for handler in logging.getLogger().handlers:
        handler.addFilter(outages)
    logging.getLogger(_CONNECTED).setLevel(logging.INFO)
    # Celery says at each lost connection that a setting, which we have set, will change its default.
    warnings.filterwarnings("ignore", category=CPendingDeprecationWarning)
    after_task_publish.connect(_answers, weak=False)
    task_prerun.connect(_answers, weak=False)


def _answers(**_: object) -> None:
    report_end(Service.REDIS)
