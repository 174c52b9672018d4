"""A job that fails each minute does not fill the log."""

import logging

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from newsletter.errors import SettingsError, UnreachableError
from newsletter.services.outages import Service, report_end
from newsletter.tasks.app import make_app
from newsletter.tasks.broker_log import BrokerOutages
from newsletter.tasks.job_log import logged


@pytest.fixture(autouse=True)
def _all_well() -> None:
    for service in Service:
        report_end(service)
    for job in ("collect", "compose"):
        with logged(job):
            pass


def run(job: str, error: Exception | None = None) -> None:
    with logged(job):
        if error is not None:
            raise error


def test_a_database_that_is_away_is_one_line_for_all_jobs(caplog) -> None:
    for _ in range(3):
        for job in ("collect", "compose"):
            run(job, UnreachableError("Check NEWSLETTER_DATABASE_URL."))
    run("collect")
    run("compose")

    assert caplog.messages == ["Check NEWSLETTER_DATABASE_URL.", "The database answers again."]
    assert all(record.exc_info is None for record in caplog.records)


def test_a_fault_of_ours_is_told_once_with_its_traceback(caplog) -> None:
    for _ in range(3):
        run("collect", ZeroDivisionError("of a test"))
    run("collect", KeyError("another"))
    run("collect")
    run("collect")

    assert caplog.messages == [
        "collect failed: of a test",
        "collect failed: 'another'",
        "collect works again.",
    ]
    assert [record.exc_info is not None for record in caplog.records] == [True, True, False]


def test_what_was_foreseen_is_told_in_words_alone(caplog) -> None:
    run("compose", SettingsError("A setting is wrong."))
    run("compose", SettingsError("A setting is wrong."))

    assert caplog.messages == ["compose failed: A setting is wrong."]
    assert caplog.records[0].exc_info is None


def _record(name: str, level: int, message: str, error: Exception | None = None):
    exc_info = (type(error), error, None) if error else None
    arguments = ("it",) * message.count("%s")
    return logging.LogRecord(name, level, __file__, 1, message, arguments, exc_info)


def _led_to() -> Exception:
    """What Celery raised while it was closing the connection that was lost."""
    error = AttributeError("'NoneType' object has no attribute 'connection_errors'")
    error.__context__ = REFUSED
    return error


REFUSED = RedisConnectionError("Error 111 connecting to 127.0.0.1:6379. Connection refused.")
CONSUMER = "celery.worker.consumer.consumer"


def test_celerys_attempts_to_reach_redis_are_one_line(caplog) -> None:
    outages = BrokerOutages(make_app("redis://127.0.0.1:1/0"))
    lost = "consumer: Connection to broker lost. Trying to re-establish the connection..."
    tries = [
        _record(CONSUMER, logging.WARNING, lost, REFUSED),
        _record(CONSUMER, logging.ERROR, "consumer: Cannot connect to %s: %s.\n%s\n"),
        _record(CONSUMER, logging.ERROR, "consumer: Cannot connect to %s: %s.\n%s\n"),
        _record("celery.beat", logging.ERROR, "beat: Connection error: %s. Trying again"),
        _record("celery.beat", logging.ERROR, "Message Error: %s\n%s", REFUSED),
        _record("celery.bootsteps", logging.ERROR, "Error on restarting Gossip", _led_to()),
    ]

    advice = "setting worker_cancel_long_running_tasks_on_connection_loss will be set to True"
    assert not outages.filter(_record("py.warnings", logging.WARNING, advice))
    assert not any(outages.filter(record) for record in tries)
    assert not outages.filter(
        _record("celery.worker.consumer.connection", logging.INFO, "Connected to %s")
    )
    assert len(caplog.messages) == 2
    assert "NEWSLETTER_REDIS_URL" in caplog.messages[0]
    assert caplog.messages[1] == "Redis answers again."


@pytest.mark.parametrize(
    "record",
    [
        _record("celery.worker", logging.ERROR, "Task failed", KeyError("x")),
        _record("celery.app.trace", logging.ERROR, "Task failed", REFUSED),
        _record("celery.beat", logging.INFO, "beat: Starting..."),
        _record("newsletter.services.operations.scheduled_jobs", logging.ERROR, "away", REFUSED),
    ],
    ids=["a fault", "a fault of a task", "a beat that starts", "a line of ours"],
)
def test_every_other_line_stays(record) -> None:
    assert BrokerOutages(make_app("redis://127.0.0.1:1/0")).filter(record)
