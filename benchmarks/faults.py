"""What may happen to a household in the middle of a run: one function for each kind of fault."""

import shutil
import signal
import time
from collections.abc import Callable
from contextlib import suppress

import psutil

from benchmarks.household import END_S, end_at_once, kill, tree
from benchmarks.scene import FAR, Fault, Scene

# A host that is gone takes its journals with it: what its runs may have begun is in doubt, whatever
# connections they had. Decision 0007 states the bound.
LOST_WITH_A_HOST = 64
_TAKES_PART_S = 10.0
_CLOSING_S = 5.0  # Some hundreds of messages go meanwhile.


def strike(scene: Scene, fault: Fault) -> int:
    """Let it happen, and put right what an operator or a supervisor would.

    How many connections were open as it happened: those of what was killed, or all.
    """
    return _STRIKES[fault](scene)


def clear_up(scene: Scene) -> None:
    """After the run: who was there for this fault only goes."""
    for process in (scene.behind, scene.far):
        if process is not None:
            end_at_once(process)
    scene.behind = scene.far = None
    shutil.rmtree(scene.house.host_folder(FAR), ignore_errors=True)


def _child_killed(scene: Scene) -> int:
    return _killed(scene, [_busiest(scene)])


def _main_killed(scene: Scene) -> int:
    family = tree(scene.workers)
    _halt(family)
    met = scene.house.connections(family)
    scene.workers.kill()
    scene.workers.wait()
    scene.outage()
    scene.workers = scene.house.worker()
    kill(family[1:])  # where the kernel has not done so: Celery asks it to
    return met


def _workers_killed(scene: Scene) -> int:
    met = _killed(scene, tree(scene.workers))
    scene.outage()
    scene.workers = scene.house.worker()
    return met


def _beat_killed(scene: Scene) -> int:
    met = scene.house.relay.order("state").open
    kill([scene.beat])
    scene.beat = scene.house.beat()
    return met


def _postgres_stopped(scene: Scene) -> int:
    met = scene.house.relay.order("state").open
    scene.house.database.stop()
    scene.outage()
    scene.house.database.start()
    return met


def _redis_killed(scene: Scene) -> int:
    met = scene.house.relay.order("state").open
    scene.house.queue.kill()
    scene.outage()
    scene.house.queue.start()
    return met


def _redis_flushed(scene: Scene) -> int:
    met = scene.house.relay.order("state").open
    scene.house.queue.flush()
    return met


def _terminated(scene: Scene) -> int:
    met = scene.house.relay.order("state").open
    scene.workers.terminate()
    with suppress(psutil.TimeoutExpired):
        scene.workers.wait(END_S)
    end_at_once(scene.workers)
    scene.workers = scene.house.worker()
    return met


def _stopped(scene: Scene) -> int:
    met = scene.house.relay.order("state").open
    one = _busiest(scene)
    with suppress(psutil.NoSuchProcess):
        one.send_signal(signal.SIGSTOP)
        time.sleep(scene.rng.uniform(1, 4))
        one.send_signal(signal.SIGCONT)
    return met


def _clock_back(scene: Scene) -> int:
    return _workers_killed(scene)


def _all_killed(scene: Scene) -> int:
    house = scene.house
    met = _killed(scene, [*tree(scene.workers), *tree(scene.beat)])
    house.queue.kill()
    house.database.stop()
    scene.outage()
    house.database.start()
    house.queue.start()
    scene.workers, scene.beat = house.worker(), house.beat()
    return met


def _wait_for_far(scene: Scene) -> None:
    """Return once the second host sends too, or it seems that it never will."""
    assert scene.far is not None
    family, ends_at = tree(scene.far), time.monotonic() + _TAKES_PART_S
    while not scene.house.connections(family) and time.monotonic() < ends_at:
        time.sleep(0.01)


def _host_lost(scene: Scene) -> int:
    assert scene.far is not None
    _wait_for_far(scene)
    _killed(scene, tree(scene.far))
    scene.house.relay.order("good")
    shutil.rmtree(scene.house.host_folder(FAR), ignore_errors=True)
    return LOST_WITH_A_HOST


def _host_killed(scene: Scene) -> int:
    assert scene.far is not None
    _wait_for_far(scene)
    met = _killed(scene, tree(scene.far))
    scene.house.relay.order("good")
    scene.outage()
    scene.far = scene.house.worker(host=FAR)
    return met


def _data_deleted(scene: Scene) -> int:
    shutil.rmtree(scene.house.host_folder(), ignore_errors=True)
    return 0


def _disk_full(scene: Scene) -> int:
    # No file of these processes may grow: what a full disk is to them, and to nobody else.
    limits = [(one, one.rlimit(psutil.RLIMIT_FSIZE)) for one in tree(scene.workers)]
    for one, (_, most) in limits:
        with suppress(psutil.NoSuchProcess):
            one.rlimit(psutil.RLIMIT_FSIZE, (0, most))
    scene.outage()
    for one, limit in limits:
        with suppress(psutil.NoSuchProcess):
            one.rlimit(psutil.RLIMIT_FSIZE, limit)
    return 0


def _redis_full(scene: Scene) -> int:
    scene.house.queue.fill()
    scene.outage()
    scene.house.queue.empty()
    return 0


def _slow_for(word: str, seconds: float) -> Callable[[Scene], int]:
    """The relay is as slow as this, for longer than a run's time; that puts nothing in doubt."""

    def strike(scene: Scene) -> int:
        scene.house.relay.order(word, seconds * scene.scale)
        time.sleep(seconds * scene.scale)
        scene.house.relay.order("good")
        return 0

    return strike


def _closing(*words: object) -> Callable[[Scene], int]:
    """The relay closes connections in its own way for a while; at most one message each is lost."""

    def strike(scene: Scene) -> int:
        met = scene.house.relay.order(*words)
        time.sleep(_CLOSING_S)
        scene.house.relay.order("good")
        return met.open

    return strike


def _told(*words: object) -> Callable[[Scene], int]:
    """The relay is told something, and after a while to be good again."""

    def strike(scene: Scene) -> int:
        met = scene.house.relay.order(*words)
        scene.outage()
        scene.house.relay.order("good")
        return met.open

    return strike


def _at_once(word: str) -> Callable[[Scene], int]:
    """The relay is told something that is over as soon as it is said."""
    return lambda scene: scene.house.relay.order(word).open


def _relay_killed(scene: Scene) -> int:
    met = scene.house.relay.order("state").open
    scene.house.relay.kill()
    scene.outage()
    scene.house.relay.start()
    return met


def _busiest(scene: Scene) -> psutil.Process:
    """The worker process with the most connections to the relay."""
    children = tree(scene.workers)[1:] or [scene.workers]
    scene.rng.shuffle(children)
    return max(children, key=lambda child: scene.house.connections([child]))


def _killed(scene: Scene, processes: list[psutil.Process]) -> int:
    """Kill them as they stand, and how many connections they had."""
    _halt(processes)
    met = scene.house.connections(processes)
    kill(processes)
    return met


def _halt(processes: list[psutil.Process]) -> None:
    """Let them do nothing more, so that what they have open can be counted."""
    for one in processes:
        with suppress(psutil.NoSuchProcess):
            one.send_signal(signal.SIGSTOP)


_STRIKES: dict[Fault, Callable[[Scene], int]] = {
    Fault.CHILD_KILLED: _child_killed,
    Fault.MAIN_KILLED: _main_killed,
    Fault.WORKERS_KILLED: _workers_killed,
    Fault.BEAT_KILLED: _beat_killed,
    Fault.POSTGRES_STOPPED: _postgres_stopped,
    Fault.REDIS_KILLED: _redis_killed,
    Fault.REDIS_FLUSHED: _redis_flushed,
    Fault.TERMINATED: _terminated,
    Fault.STOPPED: _stopped,
    Fault.CLOCK_BACK: _clock_back,
    Fault.RELAY_DROPS: _at_once("drop"),
    Fault.RELAY_REFUSES: _told("refuse"),
    Fault.RELAY_LEAVES: _told("leave"),
    Fault.RELAY_SLOW: _told("slow", 0.1),
    Fault.RELAY_HANGS: _told("hang"),
    Fault.RELAY_DEFERS: _told("defer", 0.3),
    Fault.RELAY_CUTS: _at_once("cut"),
    Fault.RELAY_KILLED: _relay_killed,
    Fault.ALL_KILLED: _all_killed,
    Fault.HOST_LOST: _host_lost,
    Fault.HOST_KILLED: _host_killed,
    Fault.DATA_DELETED: _data_deleted,
    Fault.DISK_FULL: _disk_full,
    Fault.REDIS_FULL: _redis_full,
    Fault.RELAY_CLOSES: _closing("close", 5),
    Fault.RELAY_CLOSES_IDLE: _closing("idle", 0.3),
    Fault.RELAY_STALLS: _slow_for("stall", 45),
    Fault.RELAY_LATE: _slow_for("late", 30),
}
