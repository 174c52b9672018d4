"""The ledger: one delivery for each edition and subscriber, planned, claimed, settled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, exists, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from newsletter.domain.delivery import DeliveryStatus, Reply
from newsletter.domain.edition import EditionStatus
from newsletter.domain.subscription import SubscriptionStatus
from newsletter.store.models import (
    DeliveryRow,
    EditionRow,
    SubscriberRow,
    SubscriptionRow,
)
from newsletter.store.suppressions import is_suppressed

BATCH = 500  # Deliveries a task: some seconds of work, so that many workers share an edition.


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One delivery in a worker's hand. fence tells this claim from any later one.

    is_wanted is False when the reader has unsubscribed since the edition was planned.
    """

    edition_id: int
    subscriber_id: int
    subscription_id: int
    address: str
    address_key: str
    name: str
    is_wanted: bool
    attempts: int
    fence: int


def plan(session: Session, edition_id: int, newsletter_id: int, *, due_at: datetime) -> int:
    """Queue a delivery for everybody confirmed and not suppressed; how many are new.

    Batches gather subscribers of one zone. Planning twice plans nobody twice.
    """
    order = func.row_number().over(order_by=(SubscriberRow.zone, SubscriberRow.id))
    chosen = (
        select(
            literal(edition_id),
            SubscriberRow.id,
            (order - 1) // BATCH,
            literal(DeliveryStatus.QUEUED.value),
            literal(due_at),
        )
        .join(SubscriptionRow, SubscriptionRow.subscriber_id == SubscriberRow.id)
        .where(
            SubscriptionRow.newsletter_id == newsletter_id,
            SubscriptionRow.status == SubscriptionStatus.CONFIRMED,
            ~is_suppressed(SubscriberRow.address_key),
        )
    )
    columns = ["edition_id", "subscriber_id", "batch", "status", "due_at"]
    made = upsert(DeliveryRow).from_select(columns, chosen).on_conflict_do_nothing()
    return len(session.scalars(made.returning(DeliveryRow.subscriber_id)).all())


def due_batches(session: Session, edition_id: int, *, now: datetime) -> tuple[int, ...]:
    """The batches of an edition in which something is queued and due."""
    is_due = and_(
        DeliveryRow.edition_id == edition_id,
        DeliveryRow.status == DeliveryStatus.QUEUED,
        DeliveryRow.due_at <= now,
    )
    return tuple(
        session.scalars(
            select(DeliveryRow.batch).where(is_due).distinct().order_by(DeliveryRow.batch)
        )
    )


def claim(
    session: Session, edition_id: int, batch: int, *, now: datetime, lease: timedelta
) -> Claim | None:
    """Take one queued and due delivery of the batch, or None when none is left to take.

    None as well once the edition is not being sent any more: somebody holds it.
    """
    is_sending = exists().where(
        EditionRow.id == edition_id, EditionRow.status == EditionStatus.SENDING
    )
    next_one = (
        select(DeliveryRow.subscriber_id)
        .where(
            DeliveryRow.edition_id == edition_id,
            DeliveryRow.batch == batch,
            DeliveryRow.status == DeliveryStatus.QUEUED,
            DeliveryRow.due_at <= now,
            is_sending,
        )
        .order_by(DeliveryRow.due_at, DeliveryRow.subscriber_id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    taken = (
        update(DeliveryRow)
        .where(
            DeliveryRow.edition_id == edition_id,
            DeliveryRow.subscriber_id == next_one,
        )
        .values(
            status=DeliveryStatus.SENDING,
            lease_ends_at=now + lease,
            fence=DeliveryRow.fence + 1,
            attempts=DeliveryRow.attempts + 1,
        )
        .returning(DeliveryRow.subscriber_id, DeliveryRow.attempts, DeliveryRow.fence)
    )
    row = session.execute(taken).one_or_none()
    if row is None:
        return None
    reader = session.execute(
        select(SubscriberRow.address, SubscriberRow.address_key, SubscriberRow.name)
        .add_columns(SubscriptionRow.id, SubscriptionRow.status)
        .join(SubscriptionRow, SubscriptionRow.subscriber_id == SubscriberRow.id)
        .join(EditionRow, EditionRow.newsletter_id == SubscriptionRow.newsletter_id)
        .where(SubscriberRow.id == row.subscriber_id, EditionRow.id == edition_id)
    ).one()
    return Claim(
        edition_id=edition_id,
        subscriber_id=row.subscriber_id,
        subscription_id=reader.id,
        address=reader.address,
        address_key=reader.address_key,
        is_wanted=reader.status == SubscriptionStatus.CONFIRMED,
        name=reader.name,
        attempts=row.attempts,
        fence=row.fence,
    )


def settle(
    session: Session,
    claim: Claim,
    status: DeliveryStatus,
    reply: Reply,
    *,
    now: datetime,
    due_at: datetime | None = None,
) -> bool:
    """Whether the outcome was written down: not when another claim has been made since."""
    settled = (
        update(DeliveryRow)
        .where(
            DeliveryRow.edition_id == claim.edition_id,
            DeliveryRow.subscriber_id == claim.subscriber_id,
            DeliveryRow.status == DeliveryStatus.SENDING,
            DeliveryRow.fence == claim.fence,
        )
        .values(
            status=status,
            reply_code=reply.code,
            reply=reply.text,
            lease_ends_at=None,
            settled_at=now,
            **({"due_at": due_at} if due_at else {}),
        )
    )
    return session.scalars(settled.returning(DeliveryRow.subscriber_id)).one_or_none() is not None


def lapse(session: Session, *, now: datetime) -> int:
    """How many deliveries became uncertain: their lease ended, and nobody said how they went."""
    lapsed = (
        update(DeliveryRow)
        .where(DeliveryRow.status == DeliveryStatus.SENDING, DeliveryRow.lease_ends_at < now)
        .values(
            status=DeliveryStatus.UNCERTAIN,
            lease_ends_at=None,
            settled_at=now,
            reply="The worker that was sending it died; the relay may have taken it or not.",
        )
    )
    return len(session.scalars(lapsed.returning(DeliveryRow.subscriber_id)).all())


def counts(session: Session, edition_ids: Sequence[int]) -> dict[int, dict[DeliveryStatus, int]]:
    """How many deliveries are in each state, by edition; every state is there."""
    rows = session.execute(
        select(DeliveryRow.edition_id, DeliveryRow.status, func.count())
        .where(DeliveryRow.edition_id.in_(edition_ids))
        .group_by(DeliveryRow.edition_id, DeliveryRow.status)
    )
    found = {each: dict.fromkeys(DeliveryStatus, 0) for each in edition_ids}
    for edition_id, status, count in rows:
        found[edition_id][DeliveryStatus(status)] = count
    return found


def is_finished(session: Session, edition_id: int) -> bool:
    """Whether nothing of the edition is queued or in anybody's hand."""
    unsettled = (DeliveryStatus.QUEUED, DeliveryStatus.SENDING)
    left = select(DeliveryRow.subscriber_id).where(
        DeliveryRow.edition_id == edition_id, DeliveryRow.status.in_(unsettled)
    )
    return session.scalars(left.limit(1)).one_or_none() is None
