"""Machines that are lost, or lose their power: who is in doubt then, and who is not."""

import signal
import time
from pathlib import Path

import pytest
from psutil import Process

from benchmarks.audit import audited
from benchmarks.evening import composed as composed_evening
from benchmarks.evening import subscribed
from benchmarks.household import Household, household, kill, tree
from newsletter.domain.delivery.smtp_reply import Reply
from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.errors import UnreachableError
from newsletter.services.sending.dispatch import send_now
from newsletter.services.sending.recovery import RecoveryReport, recover
from newsletter.services.sending.run.claims.window import MACHINE
from newsletter.store import Store
from newsletter.store.delivery import batches, deliveries
from newsletter.store.delivery.send_journal import SendJournal
from newsletter.store.editions import editions
from tests.services.worlds import statuses
from tests.store.ledgers import claimed_with_window, lapse, settled

TAKEN = Reply(code=250, enhanced="2.0.0", text="kept")


@pytest.fixture
def batch(ports, store, edition):
    """The edition's batch in the hand of a worker that may have begun the first two of three."""
    with store.begin() as session:
        return claimed_with_window(session, edition.id, ports.now())


@pytest.fixture
def earlier(ports, batch):
    """The journal that an earlier boot of the machine left: the first was begun and answered."""
    journal = SendJournal(
        ports.journal_dir, edition_id=batch.edition_id, batch=batch.batch, fence=batch.fence
    )
    journal.log_started(batch.deliveries[0].subscriber_id)
    journal.log_reply(batch.deliveries[0].subscriber_id, TAKEN)
    journal.close()
    (path,) = ports.journal_dir.iterdir()
    claim, _, _ = path.stem.rpartition("-")
    return path.rename(path.with_name(f"{claim}-0ld60070.journal"))


def lease_ends(store: Store) -> None:
    with store.begin() as session:
        lapse(session)


def test_after_a_power_cut_what_the_journal_tells_as_answered_is_settled_so(
    ports, store, edition, earlier
):
    lease_ends(store)

    found = recover(ports)

    assert found == RecoveryReport(uncertain=1, batches=1, finished=0)
    assert statuses(store, edition.id) == {"sent": 1, "uncertain": 1, "queued": 1}


def test_an_earlier_boot_s_journal_is_not_read_before_its_lease_has_ended(
    ports, store, edition, earlier
):
    assert recover(ports) == RecoveryReport(uncertain=0, batches=0, finished=0)
    assert statuses(store, edition.id) == {"sending": 3}


@pytest.mark.parametrize(
    "tail",
    [
        pytest.param(b"a 2 25", id="a line that is cut"),
        pytest.param(b"a 2 250 dot 2.0.0 kept", id="a line without its end"),
        pytest.param(b"a 2 250 dot 2.0.0 ke\0\0\0\0\n", id="a line that ends in zeros"),
        pytest.param(bytes(4096), id="a page of zeros"),
        pytest.param(b"\0" * 100 + b"a 2 250 dot 2.0.0 kept\n", id="a line behind zeros"),
        pytest.param(b"\xff\xfe\n\r\n\na\nb\na x y\n", id="senseless lines"),
    ],
)
def test_a_torn_tail_of_a_journal_is_no_answer(ports, store, edition, earlier, tail):
    with earlier.open("ab") as file:
        file.write(tail)
    lease_ends(store)

    assert recover(ports).uncertain == 1
    assert statuses(store, edition.id) == {"sent": 1, "uncertain": 1, "queued": 1}


def test_an_answer_that_is_settled_already_is_not_counted_again(ports, store, edition, batch):
    first, second, _ = batch.deliveries
    journal = SendJournal(
        ports.journal_dir, edition_id=batch.edition_id, batch=batch.batch, fence=batch.fence
    )
    later = Reply(code=451, text="later")
    for due in (first, second):
        journal.log_started(due.subscriber_id)
        journal.log_reply(due.subscriber_id, later)
    with store.begin() as session:
        now = ports.now()
        queued = batches.DeliveryOutcome(
            subscriber_id=first.subscriber_id,
            status=DeliveryStatus.QUEUED,
            code=451,
            reply="later",
            due_at=now,
        )
        settled(session, batch, queued, now=now, window=[second])
    journal.close()

    recover(ports)

    with store.begin() as session:
        rows = deliveries.list_for_edition(session, edition.id)
    assert [row.attempts for row in rows] == [1, 1, 0]


def test_a_machine_without_its_journals_leaves_those_in_doubt_whom_the_ledger_names(
    ports, store, edition, batch
):
    lease_ends(store)

    assert recover(ports).uncertain == 2
    assert statuses(store, edition.id) == {"uncertain": 2, "queued": 1}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("is_deleted_before", [False, True], ids=["with its disk", "its data only"])
@pytest.mark.servers
def test_a_machine_that_is_lost_at_full_speed_costs_sixty_four_at_most(is_deleted_before):
    recipients = 3_000
    with household() as house:
        newsletter_id = subscribed(house.ports.store, recipients)
        workers = house.worker(concurrency=2)
        house.wait_for_workers(1)
        edition_id = composed_evening(house.ports.store, newsletter_id, 0)
        send_now(house.ports, edition_id)
        kept_at_least(house, recipients // 3)
        if is_deleted_before:
            delete_journals(house.ports.journal_dir)
            kept_at_least(house, recipients // 2)
        lose(workers)
        delete_journals(house.ports.journal_dir)
        with house.ports.store.begin() as session:
            lapse(session)
        uncertain = recover(house.ports).uncertain
        house.worker(concurrency=2)
        finish(house, edition_id)
        with house.ports.store.begin() as session:
            ledger = deliveries.list_for_edition(session, edition_id)
        audit = audited(edition_id, ledger, house.lines(0)[0], recipients=recipients)

    assert uncertain == audit.uncertain
    assert 0 < audit.uncertain <= MACHINE
    assert (audit.lost, audit.repeated_outside_uncertain, audit.mistaken) == (0, 0, 0)


def kept_at_least(house: Household, count: int) -> None:
    ends_at = time.monotonic() + 120
    while house.relay.order("state").kept < count:
        assert time.monotonic() < ends_at
        time.sleep(0.005)


def lose(workers: Process) -> None:
    """All at once: stopped first, so that none sees the others go."""
    family = tree(workers)
    for one in family:
        one.send_signal(signal.SIGSTOP)
    kill(family)


def delete_journals(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink(missing_ok=True)
    folder.rmdir()


def finish(house: Household, edition_id: int) -> None:
    ends_at = time.monotonic() + 120
    while time.monotonic() < ends_at:
        try:
            recover(house.ports)
            with house.ports.store.begin() as session:
                if editions.status(session, edition_id) == "sent":
                    return
        except UnreachableError:
            pass
        time.sleep(0.05)
    raise AssertionError
