"""Disks that take no journal: nothing is begun, nobody is in doubt, and it is said once."""

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from newsletter.domain.delivery.smtp_reply import Reply
from newsletter.mail.smtp import RelaySet
from newsletter.services.sending.deliver import deliver
from newsletter.services.sending.recovery import recover
from newsletter.services.sending.run.journal_disk import ROOM_BYTES, JournalDisk
from newsletter.store.delivery.run_presence import RunPresence
from newsletter.store.delivery.send_journal import AbandonedJournal, SendJournal, abandoned_journals
from tests.services.worlds import InterruptedRelay, statuses

NAMES = [f"n{number}" for number in range(40)]
TAKEN = Reply(code=250, enhanced="2.0.0", text="kept")
FULL = "no journal can be written"


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A disk of 256 KB, mounted; skipped where that is not ours to do."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("A disk can be mounted by root only.")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Use the disk up to its last byte."""
    filler = folder / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass
    return filler


def unwritable(folder: Path) -> Path:
    """A folder in which nobody can make a file: not even root."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.parent.joinpath("file").touch()
    return folder.parent / "file" / "journal"


def sayings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if FULL in one.getMessage()]


def test_where_no_journal_can_be_made_nothing_is_claimed_and_it_is_said_once(
    ports, edition, mail, tmp_path, caplog
):
    full = replace(ports, journal_dir=unwritable(tmp_path / "data" / "journal"))

    for _ in range(3):
        assert deliver(full, edition.id, 0) == 0

    assert statuses(ports.store, edition.id) == {"queued": 3}
    assert [one.endswith("See NEWSLETTER_DATA_DIR.") for one in sayings(caplog)] == [True]
    assert all(one.exc_info is None for one in caplog.records)
    assert deliver(ports, edition.id, 0) == 3  # another machine


def test_a_batch_whose_journal_cannot_be_made_is_given_back_at_once(
    ports, edition, tmp_path, monkeypatch, mail
):
    """The disk fills up between the look at it and the claim."""
    full = replace(ports, journal_dir=unwritable(tmp_path / "data" / "journal"))
    monkeypatch.setattr(JournalDisk, "has_room", lambda _: True)
    monkeypatch.setattr(RunPresence, "renew", lambda _: None)
    monkeypatch.setattr(RunPresence, "count", lambda _: 1)

    assert deliver(full, edition.id, 0) == 0

    assert statuses(ports.store, edition.id) == {"queued": 3}


def test_a_disk_that_fills_up_in_the_middle_ends_the_run_and_leaves_nobody_in_doubt(
    ports, edition_for, small_disk, mail, caplog
):
    names = [f"n{number}" for number in range(240)]  # their lines need more than a page of the disk
    edition = edition_for(names)
    filler: list[Path] = []
    with closing(InterruptedRelay(lambda: filler.append(fill(small_disk)))) as relay:
        full = replace(
            ports, relays=RelaySet.parse(relay.url()), journal_dir=small_disk / "journal"
        )
        sent = deliver(full, edition.id, 0)
        while_full = [deliver(full, edition.id, 0) for _ in range(2)]
        recovered = recover(full)
        left = statuses(ports.store, edition.id)
        filler[0].unlink()
        after = deliver(full, edition.id, 0)

    assert 1 <= sent < len(names)
    assert (while_full, recovered.uncertain) == ([0, 0], 0)
    assert left == {"sent": sent, "queued": len(names) - sent}
    assert sent + after == len(names)
    assert len(relay.addressed()) == len(set(relay.addressed())) == len(names)
    assert len(sayings(caplog)) == 1
    assert any("again: sending goes on" in one.getMessage() for one in caplog.records)
    assert all(one.exc_info is None for one in caplog.records)


@pytest.fixture
def journal(tmp_path) -> SendJournal:
    return SendJournal(tmp_path / "journal", edition_id=1, batch=2, fence=3)


def take(journal: SendJournal, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """Have the disk take so many bytes more, and then none."""
    left = [count]

    def write(file: int, text: bytes) -> int:
        if not left[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        taken = real(file, text[: left[0]])
        left[0] -= taken
        return taken

    real = os.write
    monkeypatch.setattr("newsletter.store.delivery.send_journal.os.write", write)
    assert journal


@pytest.mark.parametrize("count", range(10))
def test_a_line_that_the_disk_cut_does_not_spoil_the_next(journal, monkeypatch, count):
    journal.log_started(11)
    with monkeypatch.context() as full:
        take(journal, full, count)
        with pytest.raises(OSError, match="No space"):
            journal.log_started(1234567)
    journal.log_reply(11, TAKEN)
    journal.log_started(89)
    journal.close()

    with abandoned_journals(journal._path.parent) as found:
        (left,) = [left for left, _ in found]
    assert left.started == {11, 89}
    assert left.replies == {11: TAKEN}


@pytest.mark.parametrize("count", range(10))
def test_what_the_disk_cut_was_not_begun_when_the_process_dies_then(journal, monkeypatch, count):
    take(journal, monkeypatch, count)
    with pytest.raises(OSError, match="No space"):
        journal.log_started(1234567)

    assert AbandonedJournal.read(journal._path).started == set()


@pytest.mark.parametrize(
    "number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG, errno.EACCES]
)
def test_a_run_whose_journal_cannot_be_put_on_the_disk_ends(
    ports, edition_for, mail, caplog, monkeypatch, number
):
    edition = edition_for(NAMES)

    def sync(_: SendJournal) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(SendJournal, "sync", sync)
    sent = deliver(ports, edition.id, 0)
    monkeypatch.undo()

    assert deliver(ports, edition.id, 0) == len(NAMES) - sent
    assert statuses(ports.store, edition.id) == {"sent": len(NAMES)}
    assert len(mail.recipients()) == len(NAMES)
    assert [os.strerror(number) in one for one in sayings(caplog)] == [True]


@pytest.mark.servers
def test_a_disk_that_is_full_again_is_said_again(small_disk, caplog):
    disk = JournalDisk(small_disk / "journal")
    filler = fill(small_disk)
    assert [disk.has_room() for _ in range(2)] == [False, False]
    filler.unlink()
    assert disk.has_room()
    disk.report_end()
    fill(small_disk)
    assert not disk.has_room()

    assert len(sayings(caplog)) == 2
    assert ROOM_BYTES < 256 * 1024


@pytest.mark.servers
def test_a_limit_on_the_size_of_files_is_met_like_a_full_disk(tmp_path):
    script = (
        "import resource, pathlib, sys\n"
        "from newsletter.store.delivery.send_journal import SendJournal\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))\n"
        "journal = SendJournal(pathlib.Path(sys.argv[1]), edition_id=1, batch=2, fence=3)\n"
        "for key in range(100, 200):\n"
        "    try: journal.log_started(key)\n"
        "    except OSError as error: print(key, error.errno); break\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path], capture_output=True, text=True, check=True
    )

    key, number = map(int, done.stdout.split())
    assert number == errno.EFBIG
    with abandoned_journals(tmp_path) as found:
        assert [left.started for left, _ in found] == [set(range(100, key))]
