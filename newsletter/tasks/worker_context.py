"""What one worker or beat process has: its settings, its ports, its log."""

import atexit
import gc
import mmap
import sys
import threading
from contextlib import ExitStack, suppress
from functools import cache, partial

from celery import Celery
from celery.signals import setup_logging, worker_init, worker_process_init, worker_shutting_down

from newsletter import config
from newsletter.embedded import EmbeddedService
from newsletter.errors import NewsletterError
from newsletter.services.ports import Ports
from newsletter.services.sending import recovery
from newsletter.tasks.app import make_app
from newsletter.tasks.broker_log import log_outages_once
from newsletter.tasks.liveness import touch_while_alive
from newsletter.tasks.queue import enqueue

# One byte that this process and all that it forks can see: not 0 once the worker is asked to end.
_ENDING = mmap.mmap(-1, 1)


def celery_app() -> Celery:
    """The app of this process, current for its tasks, on servers of yours or embedded ones.

    Ends the process with a sentence when the settings are wrong or no servers can be had.
    """
    try:
        app = make_app(settings().redis_url)
    except NewsletterError as error:
        # Celery would show where it was raised, and its own help; SystemExit it lets through.
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
    app.set_current()
    app.set_default()
    setup_logging.connect(_log_as_set, weak=False)
    setup_logging.connect(partial(_log_outages_once, app), weak=False)
    touch_while_alive(settings().data_dir)
    worker_init.connect(_share_memory, weak=False)
    worker_process_init.connect(_start_afresh, weak=False)
    worker_shutting_down.connect(_end, weak=False)
    return app


@cache
def settings() -> config.Settings:
    """The settings with the URLs of running servers; embedded ones are joined until this ends."""
    stack = ExitStack()
    running = stack.enter_context(config.engines(config.load(), need=frozenset(EmbeddedService)))
    atexit.register(stack.close)
    return running


@cache
def ports() -> Ports:
    """The ports of this process, made when first asked for."""
    return config.ports(
        settings(), enqueue=enqueue(settings().redis_url), is_ending=lambda: _ENDING[0] != 0
    )


def _share_memory(**_: object) -> None:
    """Leave what is imported to all that this process forks, and out of every garbage collection.

    A collection writes to each object it looks at, and what is written to is a process's own copy.
    """
    import newsletter.services.sending.deliver  # noqa: F401  # what each of them needs

    gc.collect()
    gc.freeze()


def _start_afresh(**_: object) -> None:
    # A forked child must not talk on its parent's connections.
    ports.cache_clear()
    # Beside what it is forked for: Celery gives a child that begins only a few seconds.
    threading.Thread(target=_settle_journals, daemon=True).start()


def _settle_journals() -> None:
    """Settle the runs that died on this machine before it was started again.

    Where others recover as well, the next recover that comes to this machine may come too late:
    when the lease has ended its window counts, and not its journal.
    """
    with suppress(NewsletterError):  # the next run or recover here does it
        recovery.recover_from_journals(ports())


def _log_as_set(**_: object) -> None:
    config.configure_logging(settings())


def _log_outages_once(app: Celery, **_: object) -> None:
    log_outages_once(app)


def _end(**_: object) -> None:
    # A run in this process or in a child sees it within a turn, and gives back what it holds.
    _ENDING[0] = 1
