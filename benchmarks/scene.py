"""The kinds of fault, and the household in which one strikes."""

import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import psutil

from benchmarks.household import Household

FAR = "far"


class Fault(StrEnum):
    """A kind of fault. The relay's are those that may put a message in doubt by themselves."""

    CHILD_KILLED = "one worker process killed"
    MAIN_KILLED = "the workers' main process killed"
    WORKERS_KILLED = "all workers killed"
    BEAT_KILLED = "the beat killed"
    POSTGRES_STOPPED = "PostgreSQL stopped at once"
    REDIS_KILLED = "Redis killed"
    REDIS_FLUSHED = "Redis flushed"
    TERMINATED = "workers asked to end"
    STOPPED = "a worker process stopped for seconds"
    CLOCK_BACK = "a worker an hour behind, the others killed"
    ALL_KILLED = "all that runs killed at once, but the relay"
    HOST_LOST = "one of two hosts gone for good"
    HOST_KILLED = "one of two hosts killed and started again"
    DATA_DELETED = "the data folder deleted"
    DISK_FULL = "the disk full"
    REDIS_FULL = "Redis full"
    RELAY_DROPS = "the relay drops all connections"
    RELAY_REFUSES = "the relay lets nobody in"
    RELAY_LEAVES = "the relay says 421"
    RELAY_SLOW = "the relay answers slowly"
    RELAY_HANGS = "the relay answers nothing"
    RELAY_DEFERS = "the relay defers a share"
    RELAY_CUTS = "the relay keeps a message and tells nobody"
    RELAY_KILLED = "the relay killed"
    RELAY_CLOSES = "the relay closes after each fifth message"
    RELAY_CLOSES_IDLE = "the relay closes what is idle"
    RELAY_STALLS = "the relay stalls for 45 s between commands"
    RELAY_LATE = "the relay takes 30 s for each 250"

    @property
    def is_relay_s(self) -> bool:
        return self.name.startswith("RELAY")


# What this is about comes more often than what is there to be complete.
OFTEN = (
    *(Fault.CHILD_KILLED, Fault.WORKERS_KILLED, Fault.POSTGRES_STOPPED) * 2,
    Fault.CHILD_KILLED,
    Fault.TERMINATED,
)


@dataclass(slots=True)
class Scene:
    """A household with its workers and its beat, as a fault finds them and leaves them."""

    house: Household
    rng: random.Random
    workers: psutil.Process
    beat: psutil.Process
    behind: psutil.Process | None = None
    far: psutil.Process | None = None  # the workers of a second host
    scale: float = 1.0  # by which the relay's stalls are shortened

    def outage(self) -> None:
        """The time that passes before somebody or something starts again what is away."""
        time.sleep(self.rng.uniform(0.1, 2.5))


def prepare(scene: Scene, fault: Fault) -> None:
    """What has to stand before the run begins."""
    if fault is Fault.CLOCK_BACK:
        an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
        scene.behind = scene.house.worker(concurrency=1, at=an_hour_ago)
        scene.house.wait_for_workers(2)
    if fault in {Fault.HOST_LOST, Fault.HOST_KILLED}:
        scene.far = scene.house.worker(host=FAR)
        scene.house.wait_for_workers(2)
        scene.house.relay.order("slow", 0.05)  # so that both have something to do
