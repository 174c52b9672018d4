"""Recover: what should have happened and did not."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace

import pytest

from newsletter.domain.delivery.smtp_reply import Reply
from newsletter.domain.editions.edition import EditionStatus
from newsletter.domain.newsletter import UncertainPolicy
from newsletter.services.ports import Ports
from newsletter.services.sending.deliver import deliver
from newsletter.services.sending.dispatch import dispatch
from newsletter.services.sending.recovery import RecoveryReport, recover
from newsletter.store.delivery import batches
from newsletter.store.delivery.batches import Batch
from newsletter.store.delivery.send_journal import SendJournal
from newsletter.store.editions import newsletters
from tests.services.worlds import composed, edition_of, moved, readers, statuses
from tests.store.ledgers import claimed, lapse, settled

NOTHING = RecoveryReport(uncertain=0, batches=0, finished=0)
AMAL, LINA, SAMIR = (f"{name}@example.org" for name in ("amal", "lina", "samir"))


@pytest.fixture
def edition(ports, store, newsletter, now, queue):
    """An edition for Amal, Lina and Samir whose orders to deliver were lost."""
    readers(store, newsletter, ["amal", "lina", "samir"], now=now)
    made = composed(store, newsletter, now=now)
    dispatch(ports, made.id)
    queue.clear()
    return made


@pytest.fixture
def batch(ports, edition):
    """Its batch, in the hand of a worker that died."""
    with ports.store.begin() as session:
        found = claimed(session, edition.id, ports.now())
        settled(session, found, now=ports.now(), window=found.deliveries)
        return found


def died(
    ports: Ports,
    batch: Batch,
    *,
    begun: Sequence[str],
    answered: Sequence[tuple[str, Reply]] = (),
) -> None:
    """The journal that the batch's worker left: whose messages it had begun, and the answers."""
    ids = {due.address: due.subscriber_id for due in batch.deliveries}
    journal = SendJournal(
        ports.journal_dir, edition_id=batch.edition_id, batch=batch.batch, fence=batch.fence
    )
    for address in begun:
        journal.log_started(ids[address])
    for address, reply in answered:
        journal.log_reply(ids[address], reply)
    journal.close()


def test_with_nothing_wrong_there_is_nothing_to_do(ports, newsletter, queue):
    assert recover(ports) == NOTHING
    assert queue == []


def test_an_order_that_was_lost_is_given_again(ports, edition, queue, mail):
    found = recover(ports)

    assert found == RecoveryReport(uncertain=0, batches=1, finished=0)
    assert queue == [(edition.id, (0,))]
    assert deliver(ports, edition.id, 0) == 3


def test_a_held_edition_gets_no_orders(ports, edition, queue):
    moved(ports.store, edition.id, EditionStatus.HELD)

    assert recover(ports) == NOTHING
    assert queue == []


def test_a_batch_is_its_worker_s_until_its_lease_ends(ports, edition, batch):
    assert recover(ports) == NOTHING
    assert statuses(ports.store, edition.id) == {"sending": 3}


def test_what_a_worker_on_a_lost_machine_might_have_begun_is_uncertain(
    ports, store, edition, batch, mail
):
    with store.begin() as session:
        lapse(session)

    found = recover(ports)

    assert found == RecoveryReport(uncertain=3, batches=0, finished=1)
    assert deliver(ports, edition.id, 0) == 0
    assert mail.messages() == []
    assert statuses(ports.store, edition.id) == {"uncertain": 3}


def test_a_worker_lost_right_after_its_claim_puts_nothing_in_doubt(ports, store, edition):
    with store.begin() as session:
        claimed(session, edition.id, ports.now())
        lapse(session)

    assert recover(ports) == RecoveryReport(uncertain=0, batches=1, finished=0)
    assert statuses(store, edition.id) == {"queued": 3}


def test_a_dead_worker_s_journal_leaves_in_doubt_only_what_had_no_answer(
    ports, edition, batch, mail
):
    taken = Reply(code=250, enhanced="2.0.0", text="kept")
    died(ports, batch, begun=[AMAL, LINA], answered=[(AMAL, taken)])

    found = recover(ports)

    assert (found.uncertain, found.batches) == (1, 1)
    assert statuses(ports.store, edition.id) == {"sent": 1, "uncertain": 1, "queued": 1}
    assert deliver(ports, edition.id, 0) == 1
    assert mail.recipients() == [SAMIR]
    assert edition_of(ports.store, edition.id).status is EditionStatus.SENT
    assert list(ports.journal_dir.iterdir()) == []


def test_the_next_run_on_the_machine_need_not_wait_for_recover(ports, edition, batch, mail):
    died(ports, batch, begun=[LINA])

    assert deliver(ports, edition.id, 0) == 2
    assert mail.recipients() == [AMAL, SAMIR]
    assert statuses(ports.store, edition.id) == {"sent": 2, "uncertain": 1}


def test_a_refusal_in_a_dead_worker_s_journal_counts(ports, edition, batch):
    gone = Reply(code=550, enhanced="5.1.1", text="no such user")
    died(ports, batch, begun=[AMAL, LINA, SAMIR], answered=[(AMAL, gone), (LINA, gone)])

    recover(ports)

    assert statuses(ports.store, edition.id) == {"failed": 2, "uncertain": 1}


def test_a_newsletter_that_repeats_sends_the_uncertain_again(
    ports, store, newsletter, edition, batch, mail
):
    with store.begin() as session:
        newsletters.save(
            session, replace(newsletter, uncertain_policy=UncertainPolicy.REPEAT), now=ports.now()
        )
    died(ports, batch, begun=[LINA])

    assert recover(ports).uncertain == 0
    assert deliver(ports, edition.id, 0) == 3
    assert mail.recipients() == [AMAL, LINA, SAMIR]


def test_a_journal_whose_batch_somebody_else_has_meanwhile_settles_nothing(
    ports, store, edition, batch
):
    with store.begin() as session:
        batches.release(session, batch)
        claimed(session, edition.id, ports.now())
    died(ports, batch, begun=[LINA])

    assert recover(ports) == NOTHING
    assert statuses(store, edition.id) == {"sending": 3}
    assert list(ports.journal_dir.iterdir()) == []


def test_the_journal_of_a_process_that_lives_is_left_alone(ports, edition, batch):
    script = (
        "import sys, pathlib; from newsletter.store.delivery.send_journal import SendJournal; "
        "j = SendJournal(pathlib.Path(sys.argv[1]), edition_id=int(sys.argv[2]), batch=0, "
        "fence=1); "
        "j.log_started(1); print('written', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, str(ports.journal_dir), str(edition.id)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout
        assert writer.stdout.readline() == b"written\n"
        while_alive = recover(ports)
        os.kill(writer.pid, 9)

    assert while_alive == NOTHING
    assert recover(ports).batches == 1


def test_a_worker_that_slept_through_its_lease_on_this_machine_still_has_its_batch(
    ports, store, edition, batch
):
    asleep = SendJournal(
        ports.journal_dir, edition_id=edition.id, batch=batch.batch, fence=batch.fence
    )
    with store.begin() as session:
        lapse(session)

    while_asleep = recover(ports)
    asleep.close()

    assert while_asleep == NOTHING
    assert recover(ports) == RecoveryReport(uncertain=0, batches=1, finished=0)


def test_an_edition_whose_last_worker_died_after_settling_is_closed(ports, edition, batch):
    taken = Reply(code=250)
    everybody = (AMAL, LINA, SAMIR)
    died(ports, batch, begun=everybody, answered=[(one, taken) for one in everybody])

    assert recover(ports) == RecoveryReport(uncertain=0, batches=0, finished=1)
    assert edition_of(ports.store, edition.id).status is EditionStatus.SENT
