"""What processes used: processor time, and the most memory that one of them had."""

import threading
from typing import Self

import psutil


def cpu_s(process: psutil.Process) -> float:
    """Seconds of processor time of a process and its children, also those that have ended."""
    times = process.cpu_times()
    spent = times.user + times.system + times.children_user + times.children_system
    for child in process.children(recursive=True):
        try:
            own = child.cpu_times()
        except psutil.NoSuchProcess:
            continue
        spent += own.user + own.system
    return float(spent)


class Peak:
    """Watches the children of a process, and keeps the most memory that one of them had.

    bytes is its proportional set size: what it shares with its parent and siblings, most of all the
    programs, is divided among them. resident_bytes counts all of that for each of them again.
    """

    def __init__(self, parent: psutil.Process) -> None:
        self._parent = parent
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.bytes = self.resident_bytes = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(0.5):
            for child in self._parent.children(recursive=True):
                try:
                    memory = child.memory_full_info()
                except psutil.NoSuchProcess:
                    continue
                self.bytes = max(self.bytes, memory.pss)
                self.resident_bytes = max(self.resident_bytes, memory.rss)
