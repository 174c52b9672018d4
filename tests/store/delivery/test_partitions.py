"""The ledger's months: made with their first edition, dropped whole when they are old."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.domain.editions.edition import EditionStatus
from newsletter.store.delivery import batches, deliveries, partitions
from tests.store.builders import TODAY, saved_edition, subscribed
from tests.store.ledgers import claimed, outcome, planned_for, settled

APRIL = date(2026, 4, 1)
SENT = DeliveryStatus.SENT


@pytest.fixture
def queued(session, newsletter, now):
    """An edition of March for Amal and Samir, queued."""
    edition_id = saved_edition(session, newsletter, status=EditionStatus.SENDING)
    subscribed(session, newsletter, "amal", "samir", now=now)
    planned_for(session, newsletter, edition_id, now=now)
    return edition_id


@pytest.fixture
def march(session, queued, now):
    """The same edition, sent."""
    batch = claimed(session, queued, now)
    settled(session, batch, *(outcome(due, SENT) for due in batch.deliveries), now=now)
    batches.release(session, batch)
    return queued


def test_an_edition_s_deliveries_stand_in_the_partition_of_its_month(session, march):
    where = text("SELECT DISTINCT tableoid::regclass::text FROM delivery")

    assert session.scalars(where).all() == [partitions.partition(TODAY)] == ["delivery_2026_03"]
    assert partitions.exists(session, TODAY)
    assert not partitions.exists(session, APRIL)


def test_old_months_are_dropped_whole_and_their_counts_stay(session, newsletter, march, now):
    on = TODAY + timedelta(days=40)
    later = saved_edition(session, newsletter, on)
    planned_for(session, newsletter, later, on=on, now=now)

    gone = partitions.drop_before(session, before=APRIL)

    assert gone == ("delivery_2026_03",)
    assert partitions.drop_before(session, before=APRIL) == ()
    assert deliveries.counts(session, [march])[march][SENT] == 2
    assert deliveries.list_for_edition(session, march) == ()
    assert len(deliveries.list_for_edition(session, later)) == 2


def test_a_month_is_kept_while_something_in_it_is_queued(session, queued):
    assert partitions.drop_before(session, before=APRIL) == ()
    assert len(deliveries.list_for_edition(session, queued)) == 2


def test_a_month_that_somebody_reads_is_kept_and_the_others_go(store, newsletter, session, march):
    partitions.ensure(session, date(2026, 2, 1))
    session.commit()
    with store.begin() as reader, store.begin() as dropper:
        reader.execute(text("SELECT FROM delivery_2026_03"))

        gone = partitions.drop_before(dropper, before=APRIL)

    assert gone == ("delivery_2026_02",)


@pytest.mark.parametrize("month", [date(2026, 12, 1), date(2027, 1, 1)], ids=str)
def test_a_month_is_made_once(session, month):
    partitions.ensure(session, month)
    partitions.ensure(session, month)

    assert partitions.exists(session, month.replace(day=31))
