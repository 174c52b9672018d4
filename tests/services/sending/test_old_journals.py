"""Journals that nobody reads: kept while their claim is, and removed after it."""

from pathlib import Path

import pytest

from newsletter.services.operations import scheduled_jobs
from newsletter.services.ports import Ports
from newsletter.services.sending.recovery import RecoveryReport, recover
from newsletter.store.delivery import batches
from newsletter.store.delivery.send_journal import SendJournal
from tests.services.worlds import statuses
from tests.store.ledgers import claimed, claimed_with_window, lapse


@pytest.fixture
def batch(ports, store, edition):
    """Its batch in the hand of a worker that may have begun the first two."""
    with store.begin() as session:
        return claimed_with_window(session, edition.id, ports.now())


@pytest.fixture
def written(ports, batch):
    """The journal that the worker left, with one message begun."""
    journal = SendJournal(
        ports.journal_dir, edition_id=batch.edition_id, batch=batch.batch, fence=batch.fence
    )
    journal.log_started(batch.deliveries[0].subscriber_id)
    journal.close()
    (path,) = ports.journal_dir.iterdir()
    return path


def unread(path: Path) -> Path:
    """The same file as an earlier boot, or another machine, would have named it."""
    claim, _, _ = path.stem.rpartition("-")
    return path.rename(path.with_name(f"{claim}-0ld60070.journal"))


def retained(ports: Ports) -> str:
    return scheduled_jobs.retain_due(ports, keep_months=0)


def test_an_earlier_boot_s_journal_stays_while_its_claim_is_held(ports, written):
    old = unread(written)

    assert retained(ports) == "let go of nothing"
    assert old.exists()


def test_it_goes_once_the_window_of_doubt_has_settled_its_claim(ports, store, edition, written):
    old = unread(written)
    with store.begin() as session:
        lapse(session)

    found = recover(ports)

    assert found == RecoveryReport(uncertain=2, batches=1, finished=0)
    assert statuses(store, edition.id) == {"uncertain": 2, "queued": 1}
    assert retained(ports) == "let go of 1 journals"
    assert not old.exists()


def test_it_goes_though_another_worker_has_the_batch_by_then(ports, store, edition, batch, written):
    old = unread(written)
    with store.begin() as session:
        batches.release(session, batch)
        claimed(session, edition.id, ports.now())

    assert retained(ports) == "let go of 1 journals"
    assert not old.exists()
    assert statuses(store, edition.id) == {"sending": 3}


def test_a_journal_that_was_never_opened_goes_with_its_claim(ports, store, batch, written):
    fresh = written.rename(written.with_suffix(".new"))
    held = retained(ports)
    with store.begin() as session:
        batches.release(session, batch)

    assert (held, retained(ports)) == ("let go of nothing", "let go of 1 journals")
    assert not fresh.exists()


def test_this_boot_s_journals_are_left_to_whoever_settles_them(ports, store, batch, written):
    with store.begin() as session:
        batches.release(session, batch)

    assert retained(ports) == "let go of nothing"
    assert written.exists()


@pytest.mark.parametrize(
    "name", ["notes.journal", "1-2-3.journal", "1-2-3-0ld60070.txt", "a-b-c-d.new"]
)
def test_what_is_no_journal_is_left_alone(ports, name):
    ports.journal_dir.mkdir()
    (ports.journal_dir / name).touch()

    assert retained(ports) == "let go of nothing"
    assert (ports.journal_dir / name).exists()
