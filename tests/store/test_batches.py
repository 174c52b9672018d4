"""A plan's batches: each full to the last, so that as many workers share the work as can."""

import pytest
from sqlalchemy import func, select

from newsletter.domain.edition import EditionStatus
from newsletter.store import Session, deliveries, subscribers
from newsletter.store.deliveries import BATCH
from newsletter.store.models import DeliveryRow
from tests.store.builders import reader, saved_edition

ZONES = ("Asia/Amman", "Asia/Beirut", "Europe/Paris")


@pytest.fixture
def edition_id(session, newsletter):
    return saved_edition(session, newsletter, status=EditionStatus.SENDING)


def sizes(session: Session, edition_id: int) -> list[int]:
    """How many deliveries each batch has, in the batches' order."""
    counted = (
        select(func.count())
        .where(DeliveryRow.edition_id == edition_id)
        .group_by(DeliveryRow.batch)
        .order_by(DeliveryRow.batch)
    )
    return list(session.scalars(counted))


@pytest.mark.parametrize(
    ("count", "batches"),
    [
        pytest.param(0, [], id="nobody"),
        pytest.param(1, [1], id="one"),
        pytest.param(BATCH // 2 + 2, [BATCH // 2 + 2], id="a little more than half"),
        pytest.param(BATCH, [BATCH], id="just one full"),
        pytest.param(BATCH + 1, [BATCH, 1], id="one more"),
        pytest.param(2 * BATCH + 7, [BATCH, BATCH, 7], id="two full and a rest"),
    ],
)
def test_every_batch_but_the_last_is_full(session, newsletter, edition_id, now, count, batches):
    everybody = [reader(f"n{number}", zone=ZONES[number % 3]) for number in range(count)]
    subscribers.import_confirmed(session, newsletter.id, everybody, now=now)

    planned = deliveries.plan(session, edition_id, newsletter.id, due_at=now)

    assert (planned, sizes(session, edition_id)) == (count, batches)
    assert deliveries.due_batches(session, edition_id, now=now) == tuple(range(len(batches)))
