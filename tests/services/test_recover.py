"""Recover: what should have happened and did not."""

from datetime import timedelta

import pytest

from newsletter.domain.delivery import DeliveryStatus, Reply
from newsletter.domain.edition import EditionStatus
from newsletter.services.deliver import LEASE, deliver
from newsletter.services.dispatch import dispatch
from newsletter.services.recover import Recovered, recover
from newsletter.store import deliveries
from tests.services.worlds import composed, edition_of, moved, readers, statuses

SECOND = timedelta(seconds=1)
NOTHING = Recovered(uncertain=0, batches=0, finished=0)


@pytest.fixture
def edition(ports, store, newsletter, now, queue):
    """An edition for Amal and Samir whose orders to deliver were lost."""
    readers(store, newsletter, ["amal", "samir"], now=now)
    made = composed(store, newsletter, now=now)
    dispatch(ports, made.id)
    queue.clear()
    return made


@pytest.fixture
def claim(ports, edition):
    """One of its deliveries, in the hand of a worker that died."""
    with ports.store.begin() as session:
        return deliveries.claim(session, edition.id, 0, now=ports.now(), lease=LEASE)


def test_with_nothing_wrong_there_is_nothing_to_do(ports, newsletter, queue):
    assert recover(ports) == NOTHING
    assert queue == []


def test_an_order_that_was_lost_is_given_again(ports, edition, queue, mail):
    found = recover(ports)

    assert found == Recovered(uncertain=0, batches=1, finished=0)
    assert queue == [(edition.id, (0,))]
    assert deliver(ports, edition.id, 0) == 2


def test_a_held_edition_gets_no_orders(ports, edition, queue):
    moved(ports.store, edition.id, EditionStatus.HELD)

    assert recover(ports) == NOTHING
    assert queue == []


def test_a_delivery_is_the_worker_s_until_its_lease_ends(ports, edition, claim, clock):
    clock.at += LEASE

    assert recover(ports).uncertain == 0
    assert statuses(ports.store, edition.id) == {"queued": 1, "sending": 1}


def test_what_a_dead_worker_held_is_uncertain_and_never_sent_again(
    ports, edition, claim, clock, mail
):
    clock.at += LEASE + SECOND

    found = recover(ports)
    deliver(ports, edition.id, 0)

    assert found.uncertain == 1
    assert claim.address not in mail.recipients()
    assert statuses(ports.store, edition.id) == {"sent": 1, "uncertain": 1}
    assert edition_of(ports.store, edition.id).status is EditionStatus.SENT


def test_an_edition_whose_last_worker_died_after_settling_is_closed(ports, edition, claim, clock):
    with ports.store.begin() as session:
        other = deliveries.claim(session, edition.id, 0, now=ports.now(), lease=LEASE)
        assert other is not None
        for each in (claim, other):
            reply = Reply(code=250)
            deliveries.settle(session, each, DeliveryStatus.SENT, reply, now=ports.now())

    found = recover(ports)

    assert found == Recovered(uncertain=0, batches=0, finished=1)
    assert edition_of(ports.store, edition.id).status is EditionStatus.SENT
