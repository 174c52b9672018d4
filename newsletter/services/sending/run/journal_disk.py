"""The disk that holds the journals: without them nothing is sent, and that is said once."""

import logging
import os
from errno import ENOSPC
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile

_log = logging.getLogger(__name__)
ROOM_BYTES = 16 * 1024  # What a run needs at once; a batch's journal comes to some 50 KB.


class JournalDisk:
    """What this process knows of one folder, from one run to the next."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._is_reported = False

    def has_room(self) -> bool:
        """Whether a journal can be written now; tried, and reported where it cannot."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with TemporaryFile(dir=self._folder, buffering=0) as file:
                if file.write(bytes(ROOM_BYTES)) < ROOM_BYTES:
                    raise OSError(ENOSPC, os.strerror(ENOSPC))
                os.fdatasync(file)
        except OSError as error:
            self.report(error)
            return False
        return True

    def report(self, error: OSError) -> None:
        """Say what is wrong, the first time."""
        if not self._is_reported:
            self._is_reported = True
            _log.error(
                "Nothing is sent from here: no journal can be written in %s (%s). What was not "
                "begun stays queued, and goes on by itself once there is room. "
                "See NEWSLETTER_DATA_DIR.",
                self._folder,
                error.strerror,
            )

    def report_end(self) -> None:
        """Say that it is over; a run has gone through."""
        if self._is_reported:
            self._is_reported = False
            _log.warning("Journals can be written in %s again: sending goes on.", self._folder)


@cache
def journal_disk(folder: Path) -> JournalDisk:
    """Return what this process knows of the disk that the folder is on."""
    return JournalDisk(folder)
