"""What the ledger's tests do: plan, claim, settle, with what a test does not say."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import update

from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.domain.editions.edition import EditionStatus
from newsletter.domain.newsletter import Newsletter
from newsletter.store import Session
from newsletter.store.delivery import batches, deliveries
from newsletter.store.delivery.batches import Batch, ClaimedDelivery, DeliveryOutcome
from newsletter.store.delivery_models import BatchRow
from tests.store.builders import TODAY

LEASE = timedelta(minutes=1)
CODES = {DeliveryStatus.SENT: 250, DeliveryStatus.QUEUED: 450, DeliveryStatus.FAILED: 550}


def planned_for(
    session: Session,
    newsletter: Newsletter,
    edition_id: int,
    *,
    now: datetime,
    on: date = TODAY,
) -> int:
    """How many deliveries are new, all due now."""
    return deliveries.plan_deliveries(
        session, edition_id, newsletter.id, on=on, due_at=now, now=now
    )


def claimed(session: Session, edition_id: int, now: datetime) -> Batch:
    """A batch in our hand, of which nothing may be begun yet."""
    found = batches.claim(session, edition_id, now=now, lease=LEASE)
    assert found is not None
    return found


def outcome(due: ClaimedDelivery, status: DeliveryStatus, **changes: Any) -> DeliveryOutcome:
    """How a delivery went, with a reply that fits."""
    code = CODES.get(status, 0)
    made = DeliveryOutcome(subscriber_id=due.subscriber_id, status=status, code=code, reply="told")
    return replace(made, **changes)


def settled(
    session: Session,
    batch: Batch,
    *outcomes: DeliveryOutcome,
    now: datetime,
    window: Sequence[ClaimedDelivery] = (),
) -> EditionStatus | None:
    """The edition's state when the claim held. window: those that may be begun from then on."""
    ids = [due.subscriber_id for due in window]
    return batches.record_outcomes(session, batch, outcomes, now=now, lease=LEASE, window=ids)


def lapse(session: Session) -> None:
    """As if every lease had been given a minute earlier."""
    earlier = BatchRow.lease_ends_at - LEASE
    session.execute(update(BatchRow).values(lease_ends_at=earlier))


def claimed_with_window(session: Session, edition_id: int, now: datetime) -> Batch:
    """The edition's batch in the hand of a worker that may have begun the first two of it."""
    batch = claimed(session, edition_id, now)
    settled(session, batch, now=now, window=batch.deliveries[:2])
    return batch
