"""Claims of workers that died before an update: who is in doubt stays so after it."""

import pytest
from alembic import command
from sqlalchemy import text

from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.domain.editions.edition import EditionStatus
from newsletter.store.delivery import batches
from newsletter.store.editions import newsletters
from newsletter.store.schema import _config
from tests.store.builders import EVENING, saved_edition, subscribed
from tests.store.ledgers import claimed, lapse, outcome, planned_for, settled

pytestmark = pytest.mark.own_database

BEFORE = (
    "ALTER TABLE delivery_batch DROP COLUMN window_ids",
    "ALTER TABLE delivery_batch ADD COLUMN through bigint DEFAULT 0 NOT NULL",
    "UPDATE alembic_version SET version_num = '0010'",
)


def test_a_claim_s_mark_becomes_the_names_of_those_that_are_queued_up_to_it(store, now):
    with store.begin() as session:
        newsletter = newsletters.save(session, EVENING, now=now)
        edition_id = saved_edition(session, newsletter, status=EditionStatus.SENDING)
        subscribed(session, newsletter, "amal", "lina", "samir", now=now)
        planned_for(session, newsletter, edition_id, now=now)
        batch = claimed(session, edition_id, now)
        amal, lina, _ = batch.deliveries
        settled(session, batch, outcome(amal, DeliveryStatus.SENT), now=now)
        for statement in BEFORE:
            session.execute(text(statement))
        mark = text("UPDATE delivery_batch SET through = :id")
        session.execute(mark, {"id": lina.subscriber_id})
        config = _config()
        config.attributes["connection"] = session.connection()
        command.upgrade(config, "0011")

    with store.begin() as session:
        lapse(session)
        (found,) = batches.expired_claims(session)
    assert [due.subscriber_id for due in found.deliveries] == [lina.subscriber_id]
