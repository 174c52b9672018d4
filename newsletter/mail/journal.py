"""What one run has begun and been answered, in a file that outlives its process.

The file is locked by the process that writes it; one that can be locked has lost its writer. It
stands in the kernel's memory as soon as a line is written, which a kill does not touch; a machine
that loses power loses it, and then the ledger's own window of doubt counts (decision 0007).
"""

import errno
import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Self

from newsletter.domain.delivery import Reply, Stage

_REPLY_CHARS = 200
_NAME = re.compile(r"(\d+)-(\d+)-(\d+)-\w+\.(?:journal|new)", re.ASCII)


class Journal:
    """One claimed batch's file: "b 7" for a message that is begun, "a 7 250 2.0.0 ok" answered."""

    def __init__(self, folder: Path, *, edition_id: int, batch: int, fence: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / _name(edition_id, batch, fence)
        fresh = self._path.with_suffix(".new")
        self._file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        fresh.replace(self._path)  # locked before anybody can find it
        self._pending: list[bytes] = []

    def begun(self, key: int) -> None:
        """Write down, before the message goes out, that the relay may have it from now on."""
        self._pending.append(b"b %d\n" % key)
        self.write()

    def answered(self, key: int, reply: Reply) -> None:
        """Remember the answer; it stands in the file after the next begun() or write()."""
        text = " ".join(reply.text.split())[:_REPLY_CHARS]
        line = f"a {key} {reply.code} {reply.stage.value} {reply.enhanced or '-'} {text}\n"
        self._pending.append(line.encode("utf-8", "replace"))

    def write(self) -> None:
        """Write down the answers that are only remembered so far."""
        if self._pending:
            text = b"".join(self._pending)
            if os.write(self._file, text) < len(text):
                raise OSError(errno.ENOSPC, "The journal was not written to its end")
            self._pending.clear()

    def leave(self) -> None:
        """Let somebody else settle what stands in it."""
        self.write()
        os.close(self._file)

    def done(self) -> None:
        """Everything in it is settled: nobody needs it any more."""
        self._path.unlink(missing_ok=True)
        os.close(self._file)


@dataclass(frozen=True, slots=True)
class Left:
    """A journal whose process is gone: whose claim it was, what was begun, what was answered."""

    edition_id: int
    batch: int
    fence: int
    begun: set[int] = field(default_factory=set)
    answered: dict[int, Reply] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Self:
        """What stands in the file; a line that was cut by the end of its process does not count."""
        edition_id, batch, fence, _ = path.stem.split("-", 3)
        left = cls(int(edition_id), int(batch), int(fence))
        for line in path.read_bytes().decode("utf-8", "replace").split("\n")[:-1]:
            with suppress(ValueError):
                left._add(line)
        return left

    def _add(self, line: str) -> None:
        kind, _, rest = line.partition(" ")
        if kind == "b":
            self.begun.add(int(rest))
            self.answered.pop(int(rest), None)
        elif kind == "a":
            key, code, stage, enhanced, text = (*rest.split(" ", 4), "")[:5]
            self.answered[int(key)] = Reply(
                code=int(code),
                stage=Stage(stage),
                enhanced="" if enhanced == "-" else enhanced,
                text=text,
            )


def is_kept(folder: Path, *, edition_id: int, batch: int, fence: int) -> bool:
    """Whether a process of this machine has that claim's journal open: it lives, if it is awake."""
    try:
        file = os.open(folder / _name(edition_id, batch, fence), os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        return not _locks(file)
    finally:
        os.close(file)


@contextmanager
def left_behind(folder: Path) -> Iterator[Iterator[tuple[Left, Path]]]:
    """The journals of processes that are gone. Each may be removed once it has been settled."""
    with _locked_ones(folder) as paths:
        yield ((Left.read(path), path) for path in paths)


def unread(folder: Path) -> Iterator[tuple[Path, tuple[int, int, int]]]:
    """The journals that nobody here reads, each with its claim: edition, batch, fence.

    They are of an earlier boot, of another machine that shares the folder, or of a process that was
    killed before it could open its own.
    """
    read_here = f"-{_boot()}.journal"
    for path in folder.glob("*-*-*-*"):
        told = _NAME.fullmatch(path.name)
        if told and not path.name.endswith(read_here):
            edition_id, batch, fence = map(int, told.groups())
            yield path, (edition_id, batch, fence)


@contextmanager
def _locked_ones(folder: Path) -> Iterator[list[Path]]:
    files: list[int] = []
    paths: list[Path] = []
    try:
        for path in sorted(folder.glob(f"*-{_boot()}.journal")):
            try:
                file = os.open(path, os.O_RDONLY)
            except FileNotFoundError:
                continue
            files.append(file)
            if _locks(file):
                paths.append(path)
        yield [path for path in paths if path.exists()]
    finally:
        for file in files:
            os.close(file)


def _locks(file: int) -> bool:
    """Whether the file is ours now: its writer is gone."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _name(edition_id: int, batch: int, fence: int) -> str:
    return f"{edition_id}-{batch}-{fence}-{_boot()}.journal"


@cache
def _boot() -> str:
    """Stands for the machine's time since it was started.

    A journal of an earlier one may be short, since it was never synced: it says nothing.
    """
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")[:8]
    except OSError:
        return "any"
