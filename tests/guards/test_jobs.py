"""The beat, its tasks and their queues fit together."""

import re
from pathlib import Path
from typing import Any

from celery.beat import Scheduler

from newsletter.services.operations.status import JOBS
from newsletter.tasks.app import DELIVERIES, HOUSEWORK, make_app
from newsletter.tasks.beat import SCHEDULE

ROOT = Path(__file__).parents[2]


def _app() -> Any:
    app = make_app("redis://127.0.0.1:1/0")
    app.set_current()
    app.loader.import_default_modules()
    return app


def test_every_beat_entry_calls_a_task_that_there_is() -> None:
    """A misspelt name would be refused by the worker, every minute, in a log that nobody reads."""
    assert {entry["task"] for entry in SCHEDULE.values()} <= set(_app().tasks)


def test_every_task_goes_to_a_queue_that_a_worker_serves() -> None:
    """A worker without -Q serves all queues of the configuration, and no other."""
    app = _app()
    ours = [name for name in app.tasks if not name.startswith("celery.")]
    queues = {app.amqp.router.route({}, name)["queue"].name for name in ours}

    assert queues == {DELIVERIES, HOUSEWORK}
    assert {queue.name for queue in app.conf.task_queues} == queues


def test_a_message_for_one_queue_reaches_no_other() -> None:
    """Queues that share exchange and key are one queue twice: each tick would run twice."""
    bound = [(queue.exchange.name, queue.routing_key) for queue in _app().conf.task_queues]

    assert len(set(bound)) == len(bound)


def test_every_task_acknowledges_late_and_keeps_no_result() -> None:
    """A task is a hint: lost or repeated, SQL knows what is to be done."""
    ours = [task for name, task in _app().tasks.items() if not name.startswith("celery.")]

    assert len(ours) == 6
    assert all(task.acks_late and task.ignore_result for task in ours)


def test_nothing_is_scheduled_further_ahead_than_redis_keeps_a_task() -> None:
    """What waits longer than the visibility timeout is delivered again (kombu #337)."""
    assert all(entry["schedule"] <= 60 for entry in SCHEDULE.values())
    assert all(entry["options"]["expires"] < 60 for entry in SCHEDULE.values())


def test_beat_asks_every_question_as_soon_as_it_starts() -> None:
    """Whoever looks in the first minute would be told that nothing runs."""
    scheduler = Scheduler(app=_app(), lazy=True)
    scheduler.setup_schedule()

    assert {name for name, entry in scheduler.schedule.items() if entry.is_due().is_due} == set(
        SCHEDULE
    )
    asked = [next(entry) for entry in scheduler.schedule.values()]
    assert not any(entry.is_due().is_due for entry in asked)


def test_every_line_of_the_beat_is_explained() -> None:
    """Ops read it first when something does not happen."""
    lines = (ROOT / "newsletter/tasks/beat.py").read_text().splitlines()
    entries = [
        number for number, line in enumerate(lines) if re.match(r'    "\w+": \{"task"', line)
    ]

    assert len(entries) == len(SCHEDULE)
    assert all(lines[number - 1].strip().startswith("# ") for number in entries)


def test_the_watchdog_knows_every_job() -> None:
    """A job that it does not know may stay away unnoticed."""
    assert set(SCHEDULE) == set(JOBS)
