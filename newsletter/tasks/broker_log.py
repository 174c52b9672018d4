"""Celery's words about a Redis that is away, as one line when that begins and one when it ends."""

import logging
from collections.abc import Iterator

from celery import Celery
from celery.signals import after_task_publish, task_prerun
from kombu.exceptions import OperationalError

from newsletter.services.outages import Service, report_end, report_outage

# Celery says so when a worker has its connection again; the others say that one is missing.
_CONNECTED = "celery.worker.consumer.connection"
_SENTENCE = (
    "Redis cannot be reached ({reason}). It is tried again until it answers; what is due then is "
    "found in PostgreSQL. Check NEWSLETTER_REDIS_URL, and that Redis is running."
)
_CELERYS = ("celery", "kombu")
_TASKS = "celery.app.trace"  # What a task raised is about the task.
# Celery says at each lost connection that the default of this setting, which we set, will change.
_ABOUT_A_DEFAULT = "worker_cancel_long_running_tasks_on_connection_loss"
_WORDS = ("consumer: Connection to broker lost", "consumer: Cannot connect", "beat: Connection")


class BrokerOutages(logging.Filter):
    """Takes Celery's lines and tracebacks about the connection to Redis out of the log."""

    def __init__(self, app: Celery) -> None:
        super().__init__()
        errors = app.connection_for_write().connection_errors
        # kombu counts a missing key too, which may as well be a fault of Celery's.
        lost = tuple(one for one in errors if not issubclass(one, LookupError))
        self._errors = (OperationalError, *lost)

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is about something else."""
        if record.name == "py.warnings":
            return _ABOUT_A_DEFAULT not in record.getMessage()
        if record.name == _CONNECTED:
            report_end(Service.REDIS)
            return record.levelno > logging.INFO
        if not record.name.startswith(_CELERYS) or record.name == _TASKS:
            return True
        reason = self._reason(record)
        if reason is None:
            return True
        report_outage(Service.REDIS, _SENTENCE.format(reason=reason))
        return False

    def _reason(self, record: logging.LogRecord) -> str | None:
        """Why the connection is not there; None when the record is about something else."""
        error = record.exc_info[1] if record.exc_info else None
        lost = next((one for one in _causes(error) if isinstance(one, self._errors)), None)
        if lost is not None:
            return str(lost).strip().rstrip(".")
        if not record.getMessage().startswith(_WORDS):
            return None
        arguments = record.args if isinstance(record.args, tuple) else ()
        told = next((one for one in arguments if isinstance(one, Exception)), None)
        return str(told or "the connection was lost").strip().rstrip(".")


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
    after_task_publish.connect(_answers, weak=False)
    task_prerun.connect(_answers, weak=False)


def _answers(**_: object) -> None:
    report_end(Service.REDIS)
