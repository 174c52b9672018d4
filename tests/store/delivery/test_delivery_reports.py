"""What became of an edition's deliveries, read in bulk."""

import pytest

from newsletter.domain.delivery.ledger import DomainCount, RetryableCounts
from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.domain.editions.edition import EditionStatus
from newsletter.domain.subscribers.consent import NewSubscriber
from newsletter.store.delivery import batches, delivery_reports
from newsletter.store.subscribers import subscribers, suppressions
from tests.store.builders import ended, saved_edition, subscribed
from tests.store.ledgers import claimed, outcome, planned_for, settled

QUEUED, SENT, FAILED = DeliveryStatus.QUEUED, DeliveryStatus.SENT, DeliveryStatus.FAILED
HOUSES = ("cedar.example", "gulf.example", "nile.example")


@pytest.fixture
def edition_id(session, newsletter):
    return saved_edition(session, newsletter, status=EditionStatus.SENDING)


@pytest.fixture
def planned(session, newsletter, edition_id, now):
    """The same edition for three readers at cedar, two at gulf, one at nile."""
    keys = [
        f"reader{n}@{house}"
        for house, count in zip(HOUSES, (3, 2, 1), strict=True)
        for n in range(count)
    ]
    made = [NewSubscriber(address=key.upper(), address_key=key) for key in keys]
    subscribers.import_confirmed(session, newsletter.id, made, now=now)
    planned_for(session, newsletter, edition_id, now=now)
    return edition_id


def test_states_are_read_page_by_page_in_the_order_of_ids(session, planned):
    first = delivery_reports.list_states(session, planned, after=0, limit=4)
    rest = delivery_reports.list_states(session, planned, after=first[-1].subscriber_id, limit=4)

    ids = [one.subscriber_id for one in (*first, *rest)]
    assert len(ids) == 6
    assert ids == sorted(ids)
    assert {(one.status, one.attempts) for one in (*first, *rest)} == {("queued", 0)}


def test_the_commonest_domains_come_first(session, planned):
    assert delivery_reports.domains(session, planned, limit=2) == ["cedar.example", "gulf.example"]


def test_deliveries_are_counted_by_domain_and_the_rest_without_a_name(session, planned, now):
    batch = claimed(session, planned, now)
    first, second, *_ = batch.deliveries
    settled(session, batch, outcome(first, SENT), outcome(second, QUEUED), now=now)

    found = delivery_reports.by_domain(session, planned, named=["cedar.example"])

    assert sorted(found) == [
        DomainCount("", QUEUED, is_deferred=False, number=3),
        DomainCount("cedar.example", QUEUED, is_deferred=False, number=1),
        DomainCount("cedar.example", QUEUED, is_deferred=True, number=1),
        DomainCount("cedar.example", SENT, is_deferred=False, number=1),
    ]


def test_the_failed_are_told_apart_by_whether_they_may_try_again(
    session, newsletter, edition_id, now
):
    ids = subscribed(session, newsletter, "amal", "samir", "lina", "omar", now=now)
    planned_for(session, newsletter, edition_id, now=now)
    batch = claimed(session, edition_id, now)
    settled(session, batch, *(outcome(due, FAILED) for due in batch.deliveries[:3]), now=now)
    in_hand = delivery_reports.count_retryable(session, edition_id)
    batches.release(session, batch)
    ended(session, ids["samir"], now=now)
    suppressions.add(session, "lina@example.org", reason="no such mailbox", now=now)

    assert in_hand == RetryableCounts(in_hand=3)
    assert delivery_reports.count_retryable(session, edition_id) == RetryableCounts(
        ready=1, left=1, suppressed=1
    )
