"""A Celery worker for the time of a command, where none is running."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from newsletter.errors import UnreachableError

if TYPE_CHECKING:
    from newsletter.config import Settings


ANSWER_S = 1.5  # A worker that is idle answers in milliseconds, a busy one at the next message.
START_S = 30
# One worker has nobody to meet: looking for others takes a second.
_ALONE = ("--without-mingle", "--without-gossip")
# Celery warns of root because of pickled tasks; ours are JSON and nothing else is accepted.
_NO_FRIGHT = "ignore:You're running the worker with superuser privileges"


def environment(settings: "Settings") -> dict[str, str]:
    """This process's environment with the settings' servers in it, for a child."""
    from newsletter import config

    told = {
        "NEWSLETTER_DATABASE_URL": settings.database_url,
        "NEWSLETTER_REDIS_URL": settings.redis_url,
        "NEWSLETTER_SMTP_URL": settings.smtp_url.setting,
        "NEWSLETTER_SECRET_KEY": settings.secret_key.get_secret_value(),
        "NEWSLETTER_EDITOR_PASSWORD": settings.editor_password.get_secret_value(),
        "NEWSLETTER_PUBLIC_URL": settings.public_url,
        "NEWSLETTER_DATA_DIR": str(settings.data_dir.resolve()),
        "PYTHONWARNINGS": os.environ.get("PYTHONWARNINGS", _NO_FRIGHT),
        "NEWSLETTER_AT": config.clock(settings)().isoformat() if settings.at else "",
    }
    return os.environ | {name: value for name, value in told.items() if value}


def command(*arguments: str) -> list[str]:
    """Celery's command line on our app, by this interpreter."""
    return [sys.executable, "-m", "celery", "-q", "-A", "newsletter.tasks.worker", *arguments]


def worker_command() -> list[str]:
    """A worker in threads: our work is waiting for the relay, which threads do well."""
    return command("worker", "--pool", "threads", "--concurrency", "4", *_ALONE)


@contextmanager
def is_worker_running(settings: "Settings", *, is_wanted: bool) -> Iterator[bool]:
    """Whether a worker answers; on embedded engines one is started for the time if need be.

    Raises UnreachableError when Redis does not answer, or the worker does not come up.
    """
    from newsletter import config
    from newsletter.tasks.queue import has_worker

    if not is_wanted:
        yield False
        return
    if has_worker(settings.redis_url, timeout_s=ANSWER_S):
        yield True
        return
    if config.load().redis_url:
        yield False  # your own Redis: your own workers too
        return
    with temporary_worker(settings):
        yield True


@contextmanager
def temporary_worker(settings: "Settings") -> Iterator[None]:
    """A worker of our own, ready for work, ended at the end.

    Raises UnreachableError when it does not come up.
    """
    process = subprocess.Popen(  # noqa: S603  # our own program and arguments
        worker_command(),
        env={"NEWSLETTER_LOG_LEVEL": "WARNING"} | environment(settings),
        stdout=subprocess.DEVNULL,
    )
    try:
        _await(settings, process)
        yield
    finally:
        process.terminate()
        process.wait()


def _await(settings: "Settings", process: "subprocess.Popen[bytes]") -> None:
    from newsletter.tasks.queue import has_worker

    for _ in range(int(START_S / ANSWER_S)):
        if has_worker(settings.redis_url, timeout_s=ANSWER_S):
            return
        if process.poll() is not None:
            break
    raise UnreachableError("The worker did not start; see its messages above.")
