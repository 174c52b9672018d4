"""Which runs of this machine are sending: each has a locked file, beside their journals."""

import fcntl
import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from newsletter.store.delivery.send_journal import boot_id

_numbers = count()


class RunPresence:
    """One run's file. Whatever it does raises OSError when the disk is full or broken."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"{boot_id()}-{os.getpid()}-{next(_numbers)}.run"
        self._file = -1
        self.renew()

    def renew(self) -> None:
        """Make the file anew where somebody has removed it, with its folder maybe."""
        if self._path.exists():
            return
        self.leave()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self._path, os.O_RDONLY | os.O_CREAT, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)  # who counts has it for a moment only

    def count(self) -> int:
        """Return how many runs of this machine there are, this one included."""
        return 1 + sum(path != self._path for path in _running(self._path.parent))

    def leave(self) -> None:
        """Be gone."""
        if self._file >= 0:
            self._path.unlink(missing_ok=True)
            os.close(self._file)
            self._file = -1


def _running(folder: Path) -> Iterator[Path]:
    """The files of this machine's runs; those whose process was killed are removed."""
    for path in folder.glob("*.run"):
        try:
            file = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)
        except BlockingIOError:
            if path.name.startswith(f"{boot_id()}-"):
                yield path
        finally:
            os.close(file)
