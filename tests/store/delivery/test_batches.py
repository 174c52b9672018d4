"""Batches: cut by zone, claimed by one worker at a time, settled in bulk, given back, or lapsed."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.domain.editions.edition import EditionStatus
from newsletter.domain.editions.transitions import Transition
from newsletter.store import Session
from newsletter.store.delivery import batches, deliveries
from newsletter.store.delivery.deliveries import BATCH
from newsletter.store.delivery_models import DeliveryRow
from newsletter.store.editions.transitions import transition
from newsletter.store.models import SubscriberRow
from newsletter.store.subscribers import subscribers
from tests.store.builders import ended, reader, saved_edition, subscribed
from tests.store.ledgers import LEASE, claimed, lapse, outcome, planned_for, settled

ZONES = ("Asia/Amman", "Asia/Beirut", "Europe/Paris")
QUEUED, SENT, FAILED = DeliveryStatus.QUEUED, DeliveryStatus.SENT, DeliveryStatus.FAILED
MINUTE = timedelta(minutes=1)


@pytest.fixture
def edition_id(session, newsletter):
    return saved_edition(session, newsletter, status=EditionStatus.SENDING)


@pytest.fixture
def planned(session, newsletter, edition_id, now):
    """The edition with deliveries to Amal, Lina and Samir, queued and due."""
    subscribed(session, newsletter, "amal", "lina", "samir", now=now)
    planned_for(session, newsletter, edition_id, now=now)
    return edition_id


def counts(session: Session, edition_id: int) -> dict[str, int]:
    found = deliveries.counts(session, [edition_id])[edition_id]
    return {status.value: count for status, count in found.items() if count}


@pytest.mark.parametrize(
    ("count", "sizes"),
    [
        pytest.param(0, [], id="nobody"),
        pytest.param(1, [1], id="one"),
        pytest.param(BATCH, [BATCH], id="just one full"),
        pytest.param(BATCH + 1, [1, BATCH], id="one more"),
        pytest.param(2 * BATCH + 7, [7, BATCH, BATCH], id="two full and a rest"),
    ],
)
def test_a_zone_s_batches_are_full_but_for_the_last(
    session, newsletter, edition_id, now, count, sizes
):
    everybody = [reader(f"n{number}", zone="Asia/Amman") for number in range(count)]
    subscribers.import_confirmed(session, newsletter.id, everybody, now=now)

    planned = planned_for(session, newsletter, edition_id, now=now)

    counted = select(func.count()).group_by(DeliveryRow.batch)
    found = session.scalars(counted.where(DeliveryRow.edition_id == edition_id))
    assert (planned, sorted(found)) == (count, sizes)
    assert len(deliveries.due_batches(session, edition_id, now=now)) == len(sizes)


def test_a_batch_holds_readers_of_one_zone(session, newsletter, edition_id, now):
    everybody = [reader(f"n{number}", zone=ZONES[number % 3]) for number in range(BATCH)]
    subscribers.import_confirmed(session, newsletter.id, everybody, now=now)

    planned_for(session, newsletter, edition_id, now=now)

    rows = session.execute(
        select(DeliveryRow.batch, SubscriberRow.zone)
        .join(SubscriberRow, SubscriberRow.id == DeliveryRow.subscriber_id)
        .where(DeliveryRow.edition_id == edition_id)
        .distinct()
    ).all()
    assert sorted(zone for _, zone in rows) == list(ZONES)
    assert max(Counter(batch for batch, _ in rows).values()) == 1


def test_a_claim_says_whom_each_delivery_is_for(session, newsletter, edition_id, now):
    one = reader("amal", name="Amal Haddad")
    subscribers.import_confirmed(session, newsletter.id, [one], now=now)
    planned_for(session, newsletter, edition_id, now=now)

    (due,) = claimed(session, edition_id, now).deliveries

    found = subscribers.by_address(session, newsletter.id, "amal@example.org")
    assert found is not None
    assert (due.subscription_id, due.subscriber_id) == (found.id, found.subscriber_id)
    assert (due.address, due.address_key) == ("Amal@example.org", "amal@example.org")
    assert (due.name, due.is_subscribed, due.attempts) == ("Amal Haddad", True, 0)


def test_who_unsubscribed_since_is_claimed_as_unwanted(session, newsletter, edition_id, now):
    ids = subscribed(session, newsletter, "amal", now=now)
    planned_for(session, newsletter, edition_id, now=now)
    ended(session, ids["amal"], now=now)

    assert [due.is_subscribed for due in claimed(session, edition_id, now).deliveries] == [False]


def test_a_batch_is_claimed_once(session, planned, now):
    claimed(session, planned, now)

    assert batches.claim(session, planned, now=now, lease=LEASE) is None
    assert counts(session, planned) == {"sending": 3}


def test_two_workers_never_wait_for_each_other_nor_take_the_same(store, newsletter, now, session):
    for name, zone in (("amal", "Asia/Amman"), ("samir", "Europe/Paris")):
        one = reader(name, zone=zone)
        subscribers.import_confirmed(session, newsletter.id, [one], now=now)
    edition_id = saved_edition(session, newsletter, status=EditionStatus.SENDING)
    planned_for(session, newsletter, edition_id, now=now)
    session.commit()

    with store.begin() as one_worker, store.begin() as other:
        taken = [claimed(each, edition_id, now) for each in (one_worker, other)]

    found = [due.address for batch in taken for due in batch.deliveries]
    assert sorted(found) == ["Amal@example.org", "Samir@example.org"]


@pytest.mark.parametrize(
    ("waits", "batch", "is_taken"),
    [
        pytest.param(0 * MINUTE, 0, True, id="at its time"),
        pytest.param(MINUTE, 0, False, id="before its time"),
        pytest.param(0 * MINUTE, 1, False, id="of another number"),
    ],
)
def test_only_a_batch_that_is_due_is_claimed(session, planned, now, waits, batch, is_taken):
    found = batches.claim(session, planned, now=now - waits, lease=LEASE, batch=batch)

    assert (found is not None) is is_taken


def test_an_edition_that_somebody_holds_is_not_claimed(session, planned, now):
    transition(session, planned, Transition.STOP, reason="Wait.")

    assert batches.claim(session, planned, now=now, lease=LEASE) is None


def test_outcomes_are_written_down_with_their_replies(session, planned, now):
    batch = claimed(session, planned, now)
    amal, lina, samir = batch.deliveries

    status = settled(
        session,
        batch,
        outcome(amal, SENT, reply="kept"),
        outcome(lina, FAILED, reply="nobody here"),
        outcome(samir, QUEUED, reply="later", due_at=now + MINUTE),
        now=now,
    )

    rows = deliveries.list_for_edition(session, planned)
    assert status is EditionStatus.SENDING
    assert [(one.status, one.attempts, one.reply_code, one.reply) for one in rows] == [
        (SENT, 1, 250, "kept"),
        (FAILED, 1, 550, "nobody here"),
        (QUEUED, 1, 450, "later"),
    ]
    assert counts(session, planned) == {"sent": 1, "failed": 1, "sending": 1}


def test_settling_twice_is_as_good_as_once(session, planned, now):
    batch = claimed(session, planned, now)
    first = batch.deliveries[0]
    settled(session, batch, outcome(first, SENT), now=now)

    again = settled(session, batch, outcome(first, FAILED), now=now)

    assert again is EditionStatus.SENDING
    assert counts(session, planned) == {"sent": 1, "sending": 2}


def test_a_worker_that_lost_its_claim_settles_nothing(session, planned, now):
    late = claimed(session, planned, now)
    batches.release(session, late)
    again = claimed(session, planned, now)

    status = settled(session, late, outcome(late.deliveries[0], FAILED), now=now)

    assert (again.batch, again.fence > late.fence, status) == (late.batch, True, None)
    assert counts(session, planned) == {"sending": 3}


def test_what_is_put_off_is_due_again_at_its_time(session, planned, now):
    batch = claimed(session, planned, now)
    later = [outcome(due, QUEUED, due_at=now + MINUTE) for due in batch.deliveries[:2]]
    settled(session, batch, *later, outcome(batch.deliveries[2], SENT), now=now)
    batches.release(session, batch)

    assert deliveries.due_batches(session, planned, now=now) == ()
    assert deliveries.due_batches(session, planned, now=now + MINUTE) == (batch.batch,)
    assert [due.attempts for due in claimed(session, planned, now + MINUTE).deliveries] == [1, 1]


def test_what_is_postponed_waits_and_that_is_no_attempt(session, planned, now):
    batch = claimed(session, planned, now)
    ids = [due.subscriber_id for due in batch.deliveries]

    batches.reschedule(session, batch, ids, due_at=now + MINUTE)
    batches.release(session, batch)

    assert deliveries.due_batches(session, planned, now=now) == ()
    again = claimed(session, planned, now + MINUTE)
    assert [due.attempts for due in again.deliveries] == [0, 0, 0]


def test_a_batch_is_its_worker_s_until_its_lease_ends(session, planned, now):
    batch = claimed(session, planned, now)

    assert batches.expired_claims(session) == ()
    lapse(session)
    assert [one.batch for one in batches.expired_claims(session)] == [batch.batch]


def test_a_claim_alone_puts_nothing_in_doubt(session, planned, now):
    earlier = claimed(session, planned, now)
    settled(session, earlier, now=now, window=earlier.deliveries)
    batches.release(session, earlier)
    claimed(session, planned, now)
    lapse(session)

    (batch,) = batches.expired_claims(session)

    assert batch.deliveries == ()


def test_settling_renews_the_lease(session, planned, now):
    batch = claimed(session, planned, now)
    lapse(session)
    settled(session, batch, now=now)

    assert batches.expired_claims(session) == ()


@pytest.mark.parametrize("window", [1, 2])
def test_in_doubt_is_only_what_the_worker_might_have_begun(session, planned, now, window):
    batch = claimed(session, planned, now)
    settled(session, batch, now=now, window=batch.deliveries[:window])
    lapse(session)

    (found,) = batches.expired_claims(session)

    assert found.deliveries == batch.deliveries[:window]


def test_the_window_moves_on_with_what_is_settled(session, planned, now):
    batch = claimed(session, planned, now)
    amal, lina, _ = batch.deliveries
    settled(session, batch, now=now, window=[amal])
    settled(session, batch, outcome(amal, SENT), now=now, window=[lina])
    lapse(session)

    (found,) = batches.expired_claims(session)

    assert [due.subscriber_id for due in found.deliveries] == [lina.subscriber_id]


def test_a_claim_is_found_by_its_fence_alone(session, planned, now):
    batch = claimed(session, planned, now)

    found = batches.get_claimed(session, planned, batch.batch, batch.fence)

    assert found is not None
    assert found.deliveries == batch.deliveries
    assert batches.get_claimed(session, planned, batch.batch, batch.fence - 1) is None
