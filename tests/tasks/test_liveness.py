"""A worker and a beat touch a file while they are well, so that a shell can tell."""

import os
import socket
import subprocess
from pathlib import Path

import pytest
from celery import signals

from newsletter.tasks.liveness import STALE_S, touch_while_alive

HOST = socket.gethostname()
OURS = (
    signals.worker_ready,
    signals.heartbeat_sent,
    signals.worker_shutdown,
    signals.beat_init,
    signals.after_task_publish,
)


@pytest.fixture
def folder(tmp_path: Path):
    """Where the files are, for a process that touches them; its signals are ours alone."""
    before = [(signal, signal.receivers) for signal in OURS]
    for signal in OURS:
        signal.receivers = []
    touch_while_alive(tmp_path)
    yield tmp_path / "alive"
    for signal, receivers in before:
        signal.receivers = receivers


def is_well(path: Path, minutes: int) -> bool:
    """What the health check of docker-compose.yml does."""
    command = f'test -n "$(find {path} -mmin -{minutes})"'
    return subprocess.run(["sh", "-c", command], capture_output=True, check=False).returncode == 0


@pytest.mark.servers
def test_a_worker_whose_heart_beats_is_well(folder: Path) -> None:
    path = folder / f"worker-{HOST}"
    before = is_well(path, 2)

    signals.heartbeat_sent.send(sender=None)
    beating = is_well(path, 2)
    os.utime(path, (path.stat().st_mtime - 300,) * 2)

    assert (before, beating, is_well(path, 2)) == (False, True, False)


@pytest.mark.servers
def test_a_beat_is_well_when_it_has_queued_a_job(folder: Path) -> None:
    path = folder / f"beat-{HOST}"
    signals.after_task_publish.send(sender=None)
    as_worker = is_well(path, 4)

    signals.beat_init.send(sender=None)
    signals.after_task_publish.send(sender=None)

    assert (as_worker, is_well(path, 4)) == (False, True)


def test_what_a_container_left_that_is_gone_is_removed(folder: Path) -> None:
    folder.mkdir()
    old = folder / "worker-gone"
    old.touch()
    os.utime(old, (old.stat().st_mtime - STALE_S - 60,) * 2)

    signals.heartbeat_sent.send(sender=None)
    signals.worker_shutdown.send(sender=None)

    assert list(folder.iterdir()) == []
