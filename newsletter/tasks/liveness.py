"""A file for each worker and beat, touched while it does what it is for: a shell can check it."""

import contextlib
import socket
import time
from collections.abc import Callable
from pathlib import Path

from celery.signals import (
    after_task_publish,
    beat_init,
    heartbeat_sent,
    worker_ready,
    worker_shutdown,
)

FOLDER = "alive"  # In the data folder; the names are worker-HOST and beat-HOST.
# Often enough for a check that looks for two minutes; a worker's heart beats every two seconds.
TOUCHED_EVERY_S = 15.0
STALE_S = 24 * 3600.0  # The file of a container that is gone, which may share the folder.


def touch_while_alive(data_dir: Path) -> None:
    """Have this process touch its file; which kind of process it is Celery's signals say."""
    folder = data_dir.resolve() / FOLDER
    worker, beat = (folder / f"{kind}-{socket.gethostname()}" for kind in ("worker", "beat"))
    for signal in (worker_ready, heartbeat_sent):
        signal.connect(_toucher(worker), weak=False)
    worker_shutdown.connect(lambda **_: worker.unlink(missing_ok=True), weak=False)
    # Only in a beat, and when something was queued: one that cannot reach Redis is not well.
    beat_init.connect(
        lambda **_: after_task_publish.connect(_toucher(beat), weak=False), weak=False
    )


def _toucher(path: Path) -> Callable[..., None]:
    touched_at = float("-inf")

    def touch(**_: object) -> None:
        nonlocal touched_at
        if time.monotonic() - touched_at < TOUCHED_EVERY_S:
            return
        touched_at = time.monotonic()
        with contextlib.suppress(OSError):  # a full disk is told elsewhere; here it fails the check
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            _remove_stale(path)

    return touch


def _remove_stale(path: Path) -> None:
    newest = path.stat().st_mtime
    for other in path.parent.iterdir():
        if newest - other.stat().st_mtime > STALE_S:
            other.unlink(missing_ok=True)
