"""What a relay kept: the Message-IDs of our editions, found in its mailboxes, dumps and logs."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from newsletter.errors import InputError

_CHUNK_BYTES = 1 << 20
# What is looked at again with the next chunk: a Message-ID, up to its @, is shorter.
_OVERLAP_BYTES = 96
_HEADER_BYTES = 1 << 16  # Of a message's own file: what relays write above our header is shorter.


def count_archived(path: Path, edition_id: int, uid: str = "") -> Counter[int]:
    """How often a message of the edition was kept for each subscriber, by the subscriber's id.

    uid is the edition's: a message of another database's edition of that number does not count.

    In a folder (a Maildir, or any with a file for each message) each file counts once. In a file
    (an mbox, a log, JSON lines, a dump) each Message-ID counts as often as it stands there. Raises
    InputError when it cannot be read.
    """
    # <edition>.<subscriber>.<uid>.edition@<domain>; see mail/master.py.
    mark = rb"\." + re.escape(uid.encode()) if uid else b""
    ours = re.compile(rb"%d\.(\d{1,19})%b\.edition@" % (edition_id, mark))
    try:
        if path.is_dir():
            return Counter(_in_folder(path, ours))
        return Counter(_in_file(path, ours))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error


def _in_folder(folder: Path, ours: re.Pattern[bytes]) -> Iterator[int]:
    for at, folders, names in os.walk(folder, onerror=_raised):
        if "tmp" in folders:  # a Maildir's: what is not wholly written is not kept
            folders.remove("tmp")
        for name in names:
            with Path(at, name).open("rb", buffering=0) as file:
                found = next(_find_ids(file.read(_HEADER_BYTES), ours, beyond=0), None)
            if found is not None:
                yield found


def _in_file(path: Path, ours: re.Pattern[bytes]) -> Iterator[int]:
    seen = b""
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield from _find_ids(seen + chunk, ours, beyond=len(seen))
            seen = (seen + chunk)[-_OVERLAP_BYTES:]


def _find_ids(text: bytes, ours: re.Pattern[bytes], *, beyond: int) -> Iterator[int]:
    """The subscribers named in the text by what ends after so many bytes of it."""
    for match in ours.finditer(text):
        before = text[max(match.start() - 1, 0) : match.start()]
        is_whole = not before.isdigit() and before != b"."  # 7 is no edition of 17.3 nor of 3.7
        if match.end() > beyond and is_whole:
            yield int(match[1])


def _raised(error: OSError) -> None:
    raise error
