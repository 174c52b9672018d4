"""What one run has begun and been answered, in a file that outlives its process.

The file is locked by the process that writes it; one that can be locked has lost its writer. It
stands in the kernel's memory as soon as a line is written, which a kill does not touch; on the disk
some tenths of a second later, so that a machine that lost its power finds it again, but for the
end. Then the ledger's own window of doubt counts beside it (decision 0021).
"""

import fcntl
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Self

from newsletter.domain.delivery.smtp_reply import Reply, SmtpStage

_REPLY_CHARS = 200
_FIRST_LINE = b"# begun, answered\n"
_NAME = re.compile(r"(\d+)-(\d+)-(\d+)-\w+\.(?:journal|new)", re.ASCII)


class SendJournal:
    """One claimed batch's file: "b 7" for a message that is begun, "a 7 250 2.0.0 ok" answered.

    "r 7" takes back what was begun and did not go out. Whatever writes raises OSError when the disk
    is full or broken. What could not be written is still to be: the next writing goes on in the
    middle of the line where this one ended, so that no line is ever torn by the one after it.
    """

    def __init__(self, folder: Path, *, edition_id: int, batch: int, fence: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / _name(edition_id, batch, fence)
        fresh = self._path.with_suffix(".new")
        self._file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._pending = bytearray(_FIRST_LINE)
        self._is_synced = False
        try:
            self.flush()  # a disk that is full lets one make a file, and write nothing into it
            fcntl.flock(self._file, fcntl.LOCK_EX)
            fresh.replace(self._path)  # locked before anybody can find it
        except OSError:
            os.close(self._file)
            fresh.unlink(missing_ok=True)
            raise

    def log_started(self, key: int) -> None:
        """Write down, before the message goes out, that the relay may have it from now on.

        When this raises, the message may not go out, and does not count as begun.
        """
        self._pending += b"b %d\n" % key
        try:
            self.flush()
        except OSError:
            self._pending += b"r %d\n" % key
            raise

    def log_reply(self, key: int, reply: Reply) -> None:
        """Remember the answer; it stands in the file after the next begun() or write()."""
        text = " ".join(reply.text.split())[:_REPLY_CHARS]
        line = f"a {key} {reply.code} {reply.stage.value} {reply.enhanced or '-'} {text}\n"
        self._pending += line.encode("utf-8", "replace")

    def flush(self) -> None:
        """Write down the answers that are only remembered so far."""
        while self._pending:
            count = os.write(self._file, self._pending)
            self._is_synced = False
            del self._pending[:count]

    def sync(self) -> None:
        """Put on the disk what is written, so that it outlives the machine's power too."""
        if not self._is_synced:
            self._is_synced = True  # before: what is written meanwhile is for the next time
            os.fdatasync(self._file)

    def close(self) -> None:
        """Let somebody else settle what stands in it."""
        try:
            self.flush()
        finally:
            os.close(self._file)

    def delete(self) -> None:
        """Everything in it is settled: nobody needs it any more."""
        self._path.unlink(missing_ok=True)
        os.close(self._file)


@dataclass(frozen=True, slots=True)
class AbandonedJournal:
    """A journal whose process is gone: whose claim it was, what was begun, what was answered."""

    edition_id: int
    batch: int
    fence: int
    started: set[int] = field(default_factory=set)
    replies: dict[int, Reply] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Self:
        """What stands in the file.

        A line that was cut by the end of its process does not count, nor does one that lost power
        has spoiled: what a disk did not get any more reads as zeros.
        """
        edition_id, batch, fence, _ = path.stem.split("-", 3)
        left = cls(int(edition_id), int(batch), int(fence))
        for line in path.read_bytes().decode("utf-8", "replace").split("\n")[:-1]:
            if line.isprintable():
                with suppress(ValueError):
                    left._add(line)
        return left

    def _add(self, line: str) -> None:
        kind, _, rest = line.partition(" ")
        if kind == "b":
            self.started.add(int(rest))
            self.replies.pop(int(rest), None)
        elif kind == "r":
            self.started.discard(int(rest))
        elif kind == "a":
            key, code, stage, enhanced, text = (*rest.split(" ", 4), "")[:5]
            self.replies[int(key)] = Reply(
                code=int(code),
                stage=SmtpStage(stage),
                enhanced="" if enhanced == "-" else enhanced,
                text=text,
            )


@contextmanager
def of_claim(
    folder: Path, *, edition_id: int, batch: int, fence: int
) -> Iterator[AbandonedJournal | None]:
    """That claim's journal, of this boot of the machine or an earlier one; None when there is none.

    What it tells as answered is so, but after a loss of power it may be short. Raises
    JournalKeptError when a process has it open: it lives, if it is awake.
    """
    paths = sorted(folder.glob(f"{edition_id}-{batch}-{fence}-*.journal"))
    with _opened(paths) as files:
        if not all(map(_locks, files.values())):
            raise JournalKeptError
        path = next(iter(files), None)
        yield _read(path) if path is not None else None


class JournalKeptError(Exception):
    """The journal is that of a process that is there."""


@contextmanager
def abandoned_journals(folder: Path) -> Iterator[Iterator[tuple[AbandonedJournal, Path]]]:
    """The journals of processes that are gone. Each may be removed once it has been settled."""
    with _locked_ones(folder) as paths:
        yield ((left, path) for path in paths if (left := _read(path)) is not None)


def foreign_journals(folder: Path) -> Iterator[tuple[Path, tuple[int, int, int]]]:
    """The journals that nobody here reads, each with its claim: edition, batch, fence.

    They are of an earlier boot, of another machine that shares the folder, or of a process that was
    killed before it could open its own.
    """
    read_here = f"-{boot_id()}.journal"
    for path in folder.glob("*-*-*-*"):
        told = _NAME.fullmatch(path.name)
        if told and not path.name.endswith(read_here):
            edition_id, batch, fence = map(int, told.groups())
            yield path, (edition_id, batch, fence)


@contextmanager
def _locked_ones(folder: Path) -> Iterator[list[Path]]:
    with _opened(sorted(folder.glob(f"*-{boot_id()}.journal"))) as files:
        paths = [path for path, file in files.items() if _locks(file)]
        yield [path for path in paths if path.exists()]


@contextmanager
def _opened(paths: Iterable[Path]) -> Iterator[dict[Path, int]]:
    """Those of the files that are still there, open for reading."""
    files: dict[Path, int] = {}
    try:
        for path in paths:
            with suppress(FileNotFoundError):
                files[path] = os.open(path, os.O_RDONLY)
        yield files
    finally:
        for file in files.values():
            os.close(file)


def _read(path: Path) -> AbandonedJournal | None:
    """What the journal tells; None where the disk does not give it back: the window counts."""
    try:
        return AbandonedJournal.read(path)
    except OSError:
        return None


def _locks(file: int) -> bool:
    """Whether the file is ours now: its writer is gone."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _name(edition_id: int, batch: int, fence: int) -> str:
    return f"{edition_id}-{batch}-{fence}-{boot_id()}.journal"


@cache
def boot_id() -> str:
    """Stands for the machine's time since it was started.

    A journal of an earlier one may be short: what it does not tell is in doubt, if the ledger's
    window allowed it.
    """
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")[:8]
    except OSError:
        return "any"
