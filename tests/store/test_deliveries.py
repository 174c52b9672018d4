"""The ledger: one delivery for each edition and subscriber, planned, claimed, settled."""

from datetime import datetime, timedelta

import pytest

from newsletter.domain.delivery import DeliveryStatus, Reply
from newsletter.domain.edition import EditionStatus
from newsletter.store import Session, deliveries, subscribers, suppressions
from newsletter.store.deliveries import Claim
from tests.store.builders import (
    TODAY,
    another_newsletter,
    ended,
    reader,
    saved_edition,
    subscribed,
)

LEASE = timedelta(minutes=5)
MINUTE = timedelta(minutes=1)
TAKEN = Reply(code=250, text="kept")


@pytest.fixture
def edition_id(session, newsletter):
    """An edition under way, with nothing planned yet."""
    return saved_edition(session, newsletter, status=EditionStatus.SENDING)


@pytest.fixture
def planned(session, newsletter, edition_id, now):
    """The same edition with deliveries to Amal and Samir, queued and due."""
    subscribed(session, newsletter, "amal", "samir", now=now)
    deliveries.plan(session, edition_id, newsletter.id, due_at=now)
    return edition_id


def claimed(session: Session, edition_id: int, now: datetime) -> Claim:
    found = deliveries.claim(session, edition_id, 0, now=now, lease=LEASE)
    assert found is not None
    return found


def statuses(session: Session, edition_id: int) -> dict[str, int]:
    counted = deliveries.counts(session, [edition_id])[edition_id]
    return {status.value: count for status, count in counted.items() if count}


def test_everybody_confirmed_and_nobody_else_is_planned_for(session, newsletter, edition_id, now):
    ids = subscribed(session, newsletter, "amal", "samir", "lina", "omar", now=now)
    subscribers.request(session, newsletter.id, reader("unsure"), now=now)
    subscribed(session, another_newsletter(session, now=now), "stranger", now=now)
    ended(session, ids["samir"], now=now)
    suppressions.add(session, "lina@example.org", reason="no such mailbox", now=now)

    planned = deliveries.plan(session, edition_id, newsletter.id, due_at=now)

    taken = {claimed(session, edition_id, now).address for _ in range(planned)}
    assert taken == {"Amal@example.org", "Omar@example.org"}


def test_planning_twice_plans_nobody_twice_and_who_came_since_once(
    session, newsletter, planned, now
):
    subscribed(session, newsletter, "late", now=now)

    again = deliveries.plan(session, planned, newsletter.id, due_at=now)

    assert again == 1
    assert statuses(session, planned) == {"queued": 3}


def test_readers_of_one_zone_are_planned_together(session, newsletter, edition_id, now):
    for name, zone in (("a", "Asia/Beirut"), ("b", "Europe/Paris"), ("c", "Asia/Beirut")):
        one = reader(name, zone=zone)
        subscribers.import_confirmed(session, newsletter.id, [one], now=now)
    many = [reader(f"n{number}", zone="Asia/Amman") for number in range(2 * deliveries.BATCH)]
    subscribers.import_confirmed(session, newsletter.id, many, now=now)
    deliveries.plan(session, edition_id, newsletter.id, due_at=now)

    last = max(deliveries.due_batches(session, edition_id, now=now))
    taken = iter(lambda: deliveries.claim(session, edition_id, last, now=now, lease=LEASE), None)
    addresses = {claim.address for claim in taken if claim}

    assert addresses >= {"A@example.org", "B@example.org", "C@example.org"}


def test_a_claim_says_whom_the_delivery_is_for(session, newsletter, edition_id, now):
    one = reader("amal", name="Amal Haddad")
    subscribers.import_confirmed(session, newsletter.id, [one], now=now)
    deliveries.plan(session, edition_id, newsletter.id, due_at=now)

    claim = claimed(session, edition_id, now)

    subscription = subscribers.by_key(session, newsletter.id, "amal@example.org")
    assert subscription is not None
    assert (claim.subscription_id, claim.subscriber_id) == (
        subscription.id,
        subscription.subscriber_id,
    )
    assert (claim.address, claim.address_key) == ("Amal@example.org", "amal@example.org")
    assert (claim.name, claim.is_wanted, claim.attempts) == ("Amal Haddad", True, 1)


def test_a_delivery_is_claimed_once(session, planned, now):
    first, second = (claimed(session, planned, now) for _ in range(2))

    assert first.subscriber_id != second.subscriber_id
    assert deliveries.claim(session, planned, 0, now=now, lease=LEASE) is None
    assert statuses(session, planned) == {"sending": 2}


def test_two_workers_never_wait_for_each_other_nor_take_the_same(store, newsletter, now, session):
    subscribed(session, newsletter, "amal", "samir", now=now)
    edition_id = saved_edition(session, newsletter, status=EditionStatus.SENDING)
    deliveries.plan(session, edition_id, newsletter.id, due_at=now)
    session.commit()

    with store.begin() as one, store.begin() as other:
        first = claimed(one, edition_id, now)
        second = claimed(other, edition_id, now)

    assert {first.address, second.address} == {"Amal@example.org", "Samir@example.org"}


def test_who_unsubscribed_since_is_claimed_as_unwanted(session, newsletter, edition_id, now):
    ids = subscribed(session, newsletter, "amal", now=now)
    deliveries.plan(session, edition_id, newsletter.id, due_at=now)
    ended(session, ids["amal"], now=now)

    assert claimed(session, edition_id, now).is_wanted is False


@pytest.mark.parametrize(
    ("waits", "batch", "is_taken"),
    [
        pytest.param(0 * MINUTE, 0, True, id="at its time"),
        pytest.param(MINUTE, 0, False, id="before its time"),
        pytest.param(0 * MINUTE, 1, False, id="of another batch"),
    ],
)
def test_only_what_is_due_in_the_batch_is_claimed(session, planned, now, waits, batch, is_taken):
    found = deliveries.claim(session, planned, batch, now=now - waits, lease=LEASE)

    assert (found is not None) is is_taken


def test_an_outcome_is_written_down_with_its_reply(session, planned, now):
    claim = claimed(session, planned, now)

    settled = deliveries.settle(session, claim, DeliveryStatus.SENT, TAKEN, now=now)

    assert settled
    assert statuses(session, planned) == {"sent": 1, "queued": 1}


def test_an_outcome_is_written_down_once(session, planned, now):
    claim = claimed(session, planned, now)
    deliveries.settle(session, claim, DeliveryStatus.SENT, TAKEN, now=now)

    again = deliveries.settle(session, claim, DeliveryStatus.FAILED, TAKEN, now=now)

    assert not again
    assert statuses(session, planned) == {"sent": 1, "queued": 1}


def test_a_worker_that_lost_its_claim_settles_nothing(session, planned, now):
    late = claimed(session, planned, now)
    deliveries.settle(session, late, DeliveryStatus.QUEUED, TAKEN, now=now, due_at=now - MINUTE)
    again = claimed(session, planned, now)

    settled = deliveries.settle(session, late, DeliveryStatus.FAILED, TAKEN, now=now)

    assert again.subscriber_id == late.subscriber_id
    assert (again.attempts, again.fence > late.fence, settled) == (2, True, False)
    assert statuses(session, planned) == {"sending": 1, "queued": 1}


def test_what_is_put_off_is_due_again_at_its_time(session, planned, now):
    for _ in range(2):
        claim = claimed(session, planned, now)
        later = now + MINUTE
        deliveries.settle(session, claim, DeliveryStatus.QUEUED, TAKEN, now=now, due_at=later)

    assert deliveries.due_batches(session, planned, now=now) == ()
    assert deliveries.due_batches(session, planned, now=now + MINUTE) == (0,)


def test_a_claim_nobody_settled_becomes_uncertain_when_its_lease_ends(session, planned, now):
    claim = claimed(session, planned, now)
    after = now + LEASE + timedelta(seconds=1)

    lapsed = [deliveries.lapse(session, now=at) for at in (now + LEASE, after, after)]

    assert lapsed == [0, 1, 0]
    assert statuses(session, planned) == {"uncertain": 1, "queued": 1}
    assert not deliveries.settle(session, claim, DeliveryStatus.SENT, TAKEN, now=after)


def test_counts_name_every_state_of_every_edition_asked_for(session, newsletter, planned):
    other = saved_edition(session, newsletter, TODAY + timedelta(days=1))

    found = deliveries.counts(session, [planned, other])

    assert found[other] == dict.fromkeys(DeliveryStatus, 0)
    assert found[planned] == dict.fromkeys(DeliveryStatus, 0) | {DeliveryStatus.QUEUED: 2}


@pytest.mark.parametrize(
    ("last", "is_finished"),
    [
        pytest.param(DeliveryStatus.SENT, True, id="sent"),
        pytest.param(DeliveryStatus.FAILED, True, id="failed"),
        pytest.param(DeliveryStatus.UNCERTAIN, True, id="uncertain"),
        pytest.param(DeliveryStatus.QUEUED, False, id="queued again"),
        pytest.param(DeliveryStatus.SENDING, False, id="in a worker's hand"),
    ],
)
def test_an_edition_is_finished_when_nothing_waits(session, planned, now, last, is_finished):
    first, second = (claimed(session, planned, now) for _ in range(2))
    deliveries.settle(session, first, DeliveryStatus.SENT, TAKEN, now=now)
    deliveries.settle(session, second, last, TAKEN, now=now)

    assert deliveries.is_finished(session, planned) is is_finished
