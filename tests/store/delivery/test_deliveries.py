"""The ledger: one delivery for each edition and subscriber, planned, counted, moved."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.domain.editions.edition import EditionStatus
from newsletter.store import Session
from newsletter.store.delivery import batches, deliveries
from newsletter.store.delivery.batches import Batch
from newsletter.store.delivery_models import DeliveryRow
from newsletter.store.subscribers import subscribers, suppressions
from tests.store.builders import (
    TODAY,
    another_newsletter,
    ended,
    reader,
    saved_edition,
    subscribed,
)
from tests.store.ledgers import claimed, outcome, planned_for, settled

QUEUED, SENT, FAILED = DeliveryStatus.QUEUED, DeliveryStatus.SENT, DeliveryStatus.FAILED
UNCERTAIN = DeliveryStatus.UNCERTAIN
MINUTE = timedelta(minutes=1)


@pytest.fixture
def edition_id(session, newsletter):
    """An edition under way, with nothing planned yet."""
    return saved_edition(session, newsletter, status=EditionStatus.SENDING)


@pytest.fixture
def planned(session, newsletter, edition_id, now):
    """The same edition with deliveries to Amal and Samir, queued and due."""
    subscribed(session, newsletter, "amal", "samir", now=now)
    planned_for(session, newsletter, edition_id, now=now)
    return edition_id


def statuses(session: Session, edition_id: int) -> dict[str, int]:
    """How many are in each state by the batches' own count, which is what the rows say."""
    counted = deliveries.counts(session, [edition_id])[edition_id]
    told = {status.value: count for status, count in counted.items() if count}
    rows = session.execute(
        select(DeliveryRow.status, func.count())
        .where(DeliveryRow.edition_id == edition_id)
        .group_by(DeliveryRow.status)
    )
    stored = {str(status): int(count) for status, count in rows}
    in_rows = {name: told[name] for name in told if name not in {"queued", "sending"}}
    waiting = told.get("queued", 0) + told.get("sending", 0)
    assert stored == in_rows | ({"queued": waiting} if waiting else {})
    return told


def names(batch: Batch) -> list[str]:
    return [due.address.partition("@")[0].lower() for due in batch.deliveries]


def test_everybody_confirmed_and_nobody_else_is_planned_for(session, newsletter, edition_id, now):
    ids = subscribed(session, newsletter, "amal", "samir", "lina", "omar", now=now)
    subscribers.request(session, newsletter.id, reader("unsure"), now=now)
    subscribed(session, another_newsletter(session, now=now), "stranger", now=now)
    ended(session, ids["samir"], now=now)
    suppressions.add(session, "lina@example.org", reason="no such mailbox", now=now)

    planned = planned_for(session, newsletter, edition_id, now=now)

    assert planned == 2
    assert names(claimed(session, edition_id, now)) == ["amal", "omar"]


@pytest.mark.parametrize(
    ("until", "names_planned"),
    [
        pytest.param(MINUTE, ["samir"], id="a pause that lasts"),
        pytest.param(0 * MINUTE, ["amal", "samir"], id="a pause that is over"),
    ],
)
def test_who_has_paused_is_not_planned_for(
    session, newsletter, edition_id, now, until, names_planned
):
    ids = subscribed(session, newsletter, "amal", "samir", now=now)
    subscribers.pause(session, ids["amal"], until=now + until)

    planned_for(session, newsletter, edition_id, now=now)

    assert names(claimed(session, edition_id, now)) == names_planned


def test_planning_twice_plans_nobody_twice_and_who_came_since_once(
    session, newsletter, planned, now
):
    subscribed(session, newsletter, "late", now=now)

    again = planned_for(session, newsletter, planned, now=now)

    assert again == 1
    assert statuses(session, planned) == {"queued": 3}


def test_counts_name_every_state_of_every_edition_asked_for(session, newsletter, planned):
    other = saved_edition(session, newsletter, TODAY + timedelta(days=1))

    found = deliveries.counts(session, [planned, other])

    assert found[other] == dict.fromkeys(DeliveryStatus, 0)
    assert found[planned] == dict.fromkeys(DeliveryStatus, 0) | {QUEUED: 2}


def test_what_was_tried_and_waits_counts_as_deferred_until_it_is_settled(session, planned, now):
    seen = []
    for status in (QUEUED, QUEUED, SENT):
        batch = claimed(session, planned, now)
        settled(session, batch, *(outcome(due, status) for due in batch.deliveries[:1]), now=now)
        batches.release(session, batch)
        seen.append(deliveries.progress(session, [planned])[planned].deferred)

    assert seen == [1, 1, 0]


@pytest.mark.parametrize(
    ("last", "is_finished"),
    [
        pytest.param(SENT, True, id="sent"),
        pytest.param(FAILED, True, id="failed"),
        pytest.param(UNCERTAIN, True, id="uncertain"),
        pytest.param(QUEUED, False, id="queued again"),
    ],
)
def test_an_edition_is_finished_when_nothing_waits(session, planned, now, last, is_finished):
    batch = claimed(session, planned, now)
    first, second = batch.deliveries
    settled(session, batch, outcome(first, SENT), outcome(second, last), now=now)

    assert deliveries.is_finished(session, planned) is is_finished


@pytest.mark.parametrize(
    ("to", "after"),
    [
        pytest.param(SENT, {"sent": 2}, id="sent"),
        pytest.param(FAILED, {"sent": 1, "failed": 1}, id="failed"),
        pytest.param(QUEUED, {"sent": 1, "queued": 1}, id="queued again"),
    ],
)
def test_the_uncertain_become_what_somebody_says(session, planned, now, to, after):
    batch = claimed(session, planned, now)
    first, second = batch.deliveries
    settled(session, batch, outcome(first, SENT), outcome(second, UNCERTAIN), now=now)
    batches.release(session, batch)

    assert deliveries.resolve_uncertain(session, planned, to, now=now) == 1
    assert deliveries.resolve_uncertain(session, planned, to, now=now) == 0
    assert statuses(session, planned) == after
    assert bool(deliveries.due_batches(session, planned, now=now)) is (to is QUEUED)


def test_one_of_the_uncertain_may_be_settled_alone(session, planned, now):
    batch = claimed(session, planned, now)
    settled(session, batch, *(outcome(due, UNCERTAIN) for due in batch.deliveries), now=now)
    first = batch.deliveries[0].subscriber_id

    moved = deliveries.resolve_uncertain(session, planned, SENT, now=now, only=[first])

    assert moved == 1
    assert [
        one.subscriber_id for one in deliveries.list_for_edition(session, planned, statuses=[SENT])
    ]
    assert statuses(session, planned) == {"sent": 1, "uncertain": 1}


def test_the_failed_are_queued_again_unless_they_left_or_are_suppressed(
    session, newsletter, edition_id, now
):
    ids = subscribed(session, newsletter, "amal", "samir", "lina", now=now)
    planned_for(session, newsletter, edition_id, now=now)
    batch = claimed(session, edition_id, now)
    settled(session, batch, *(outcome(due, FAILED) for due in batch.deliveries), now=now)
    batches.release(session, batch)
    ended(session, ids["samir"], now=now)
    suppressions.add(session, "lina@example.org", reason="no such mailbox", now=now)

    assert deliveries.queue_failed(session, edition_id, now=now) == 1
    assert statuses(session, edition_id) == {"queued": 1, "failed": 2}
    assert names(claimed(session, edition_id, now)) == ["amal"]


def test_the_failed_of_a_batch_in_a_worker_s_hand_stay_failed(session, planned, now):
    batch = claimed(session, planned, now)
    settled(session, batch, outcome(batch.deliveries[0], FAILED), now=now)

    in_hand = deliveries.queue_failed(session, planned, now=now)
    batches.release(session, batch)
    after = deliveries.queue_failed(session, planned, now=now)

    assert (in_hand, after) == (0, 1)
    assert statuses(session, planned) == {"queued": 2}


def test_nobody_who_left_is_queued_again_for_being_in_doubt(session, newsletter, edition_id, now):
    ids = subscribed(session, newsletter, "amal", "samir", now=now)
    planned_for(session, newsletter, edition_id, now=now)
    batch = claimed(session, edition_id, now)
    settled(session, batch, *(outcome(due, UNCERTAIN) for due in batch.deliveries), now=now)
    batches.release(session, batch)
    ended(session, ids["samir"], now=now)

    assert deliveries.resolve_uncertain(session, edition_id, QUEUED, now=now) == 1
    assert statuses(session, edition_id) == {"queued": 1, "uncertain": 1}


def test_what_is_queued_fails_with_a_reason_but_not_out_of_a_worker_s_hand(session, planned, now):
    batch = claimed(session, planned, now)

    in_hand = deliveries.fail_queued(session, planned, now=now, why="Cancelled.")
    batches.release(session, batch)
    after = deliveries.fail_queued(session, planned, now=now, why="Cancelled.")

    assert (in_hand, after) == (0, 2)
    assert statuses(session, planned) == {"failed": 2}
    assert {one.reply for one in deliveries.list_for_edition(session, planned)} == {"Cancelled."}


def test_deliveries_are_read_page_by_page_with_whom_they_are_for(session, planned):
    first = deliveries.list_for_edition(session, planned, limit=1)
    rest = deliveries.list_for_edition(session, planned, after=first[0].subscriber_id)

    assert [one.address for one in (*first, *rest)] == ["Amal@example.org", "Samir@example.org"]
    assert {(one.status, one.attempts, one.reply) for one in (*first, *rest)} == {(QUEUED, 0, "")}
