"""How long a test waits for an event: far beyond what the slowest machine needs.

A wait ends with its event, so a long bound costs nothing where all is well. What is still not there
after HANGS_S never comes.
"""

import time
from collections.abc import Callable

HANGS_S = 600.0


def eventually(is_so: Callable[[], bool], *, within_s: float = HANGS_S) -> bool:
    """Return whether it came to be so; False only when it never comes."""
    ends_at = time.monotonic() + within_s
    while not is_so():
        if time.monotonic() > ends_at:
            return False
        time.sleep(0.05)
    return True


def growth(work: Callable[[int], object], size: int, *, times: int = 8) -> float:
    """Return how many times as long the work takes on so many times as much.

    About times where the work grows with its input, times squared where with the input's square.
    Processor time of this thread, the best of three: how busy the machine is does not count.
    """
    return _least_time(work, size * times) / max(_least_time(work, size), 1e-4)


def _least_time(work: Callable[[int], object], size: int) -> float:
    return min(_processor_time(work, size) for _ in range(3))


def _processor_time(work: Callable[[int], object], size: int) -> float:
    began_at = time.thread_time()
    work(size)
    return time.thread_time() - began_at
