"""The ledger: one delivery for each edition and subscriber, planned in batches, counted, moved."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.orm import Session

from newsletter.domain.delivery.ledger import Delivery, Progress
from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.store.delivery import partitions
from newsletter.store.delivery_models import BatchRow, DeliveryRow
from newsletter.store.models import EditionRow, SubscriberRow
from newsletter.store.subscribers.suppressions import IS_SUPPRESSED

BATCH = 500  # Deliveries in one claim: a tenth of a second of work.

# A zone's batches follow one another: its number among the zones, then the five hundreds within.
_PLAN = text(f"""
WITH zones AS (
    SELECT zone, row_number() OVER (ORDER BY zone) - 1 AS number
    FROM (SELECT DISTINCT zone FROM subscriber) AS found
), made AS (
    INSERT INTO delivery (month, edition_id, subscriber_id, batch, status, due_at)
    SELECT :month, :edition_id, r.id,
        z.number * 100000 + (row_number() OVER (PARTITION BY r.zone ORDER BY r.id) - 1) / {BATCH},
        'queued', :due_at
    FROM subscription AS s JOIN subscriber AS r ON r.id = s.subscriber_id
        JOIN zones AS z ON z.zone = r.zone
    WHERE s.newsletter_id = :newsletter_id AND s.status = 'confirmed'
        AND (s.paused_until IS NULL OR s.paused_until <= :now)
        AND NOT {IS_SUPPRESSED.format(address_key="r.address_key")}
        AND NOT EXISTS (SELECT FROM delivery AS d WHERE d.month = :month
            AND d.edition_id = :edition_id AND d.subscriber_id = r.id)
    RETURNING batch
), counted AS (
    INSERT INTO delivery_batch (edition_id, batch, month, queued, due_at)
    SELECT :edition_id, batch, :month, count(*), :due_at FROM made GROUP BY batch
    ON CONFLICT (edition_id, batch) DO UPDATE SET
        queued = delivery_batch.queued + excluded.queued,
        due_at = least(delivery_batch.due_at, excluded.due_at)
    RETURNING 1
)
SELECT count(*) FROM made
""")  # noqa: S608  # our own words

# What is moved is counted in its batch by the same statement: no two of them can drift apart.
_MOVE = """
WITH moved AS (
    UPDATE delivery AS d SET status = :to, due_at = :now, settled_at = :now,
        attempts = CASE WHEN :to = 'queued' THEN 0 ELSE d.attempts END,
        is_repeat = d.is_repeat OR (d.status = 'uncertain' AND :to = 'queued'),
        reply_code = CASE WHEN :reply = '' THEN d.reply_code ELSE 0 END,
        reply = CASE WHEN :reply = '' THEN d.reply ELSE :reply END
    WHERE d.month = (SELECT date_trunc('month', "on")::date FROM edition WHERE id = :edition_id)
        AND d.edition_id = :edition_id AND d.status = :expected
        AND (CAST(:only AS bigint[]) IS NULL OR d.subscriber_id = ANY(:only)) AND {condition}
    RETURNING d.batch, d.attempts
), counted AS (
    SELECT batch, count(*) AS n, count(*) FILTER (WHERE attempts > 0) AS tried
    FROM moved GROUP BY batch
)
UPDATE delivery_batch AS b
SET {expected} = b.{expected} - n, {to} = b.{to} + n, due_at = least(b.due_at, :now),
    deferred = b.deferred - CASE WHEN :expected = 'queued' THEN tried ELSE 0 END
FROM counted WHERE b.edition_id = :edition_id AND b.batch = counted.batch
RETURNING n
"""
# Of a batch that a worker has, only the worker says what becomes of it.
_IN_NOBODY_S_HAND = (
    "EXISTS (SELECT FROM delivery_batch AS held WHERE held.edition_id = d.edition_id "
    "AND held.batch = d.batch AND held.lease_ends_at IS NULL FOR UPDATE SKIP LOCKED)"
)
_MAY_GO_AGAIN = (
    f"{_IN_NOBODY_S_HAND} AND EXISTS ("
    "SELECT FROM subscription AS s JOIN subscriber AS r ON r.id = s.subscriber_id "
    "JOIN edition AS e ON e.id = d.edition_id AND e.newsletter_id = s.newsletter_id "
    "WHERE s.subscriber_id = d.subscriber_id AND s.status = 'confirmed' "
    f"AND NOT {IS_SUPPRESSED.format(address_key='r.address_key')})"
)


def plan_deliveries(
    session: Session,
    edition_id: int,
    newsletter_id: int,
    *,
    on: date,
    due_at: datetime,
    now: datetime,
) -> int:
    """Queue a delivery for everybody confirmed, not paused and not suppressed; how many are new.

    A batch holds subscribers of one zone. Planning twice plans nobody twice.
    """
    month = on.replace(day=1)
    partitions.ensure(session, month)
    values = {"month": month, "edition_id": edition_id, "newsletter_id": newsletter_id}
    planned = session.scalars(_PLAN, values | {"due_at": due_at, "now": now}).one()
    if planned:  # Without figures PostgreSQL takes the new rows for few, and reads all of them.
        session.execute(text(f"ANALYZE {partitions.partition(month)}"))
    return int(planned)


def due_batches(
    session: Session, edition_id: int, *, now: datetime, limit: int | None = None
) -> tuple[int, ...]:
    """The batches of an edition in which something is due and which nobody has claimed."""
    is_due = and_(
        BatchRow.edition_id == edition_id,
        BatchRow.lease_ends_at.is_(None),
        BatchRow.queued > 0,
        BatchRow.due_at <= now,
    )
    wanted = select(BatchRow.batch).where(is_due).order_by(BatchRow.batch).limit(limit)
    return tuple(session.scalars(wanted))


def progress(session: Session, edition_ids: Sequence[int]) -> dict[int, Progress]:
    """How many deliveries are in each state, by edition, from what their batches have counted."""
    is_claimed = BatchRow.lease_ends_at.is_not(None)
    names = ("queued", "sending", "deferred", "sent", "failed", "uncertain")
    counted = {name: func.sum(getattr(BatchRow, name)) for name in names if name != "sending"}
    claimed = func.sum(BatchRow.queued).filter(is_claimed)
    sums = [claimed if name == "sending" else counted[name] for name in names]
    rows = session.execute(
        select(BatchRow.edition_id, *(func.coalesce(one, 0) for one in sums))
        .where(BatchRow.edition_id.in_(edition_ids))
        .group_by(BatchRow.edition_id)
    )
    nothing = Progress(**dict.fromkeys(names, 0))
    return dict.fromkeys(edition_ids, nothing) | {
        edition_id: Progress(**{name: int(n) for name, n in zip(names, numbers, strict=True)})
        for edition_id, *numbers in rows
    }


def counts(session: Session, edition_ids: Sequence[int]) -> dict[int, dict[DeliveryStatus, int]]:
    """How many deliveries are in each state, by edition; every state is there.

    Those queued in a batch that a worker has claimed count as sending.
    """
    return {
        edition_id: {
            DeliveryStatus.QUEUED: found.queued - found.sending,
            DeliveryStatus.SENDING: found.sending,
            DeliveryStatus.SENT: found.sent,
            DeliveryStatus.FAILED: found.failed,
            DeliveryStatus.UNCERTAIN: found.uncertain,
        }
        for edition_id, found in progress(session, edition_ids).items()
    }


def is_finished(session: Session, edition_id: int) -> bool:
    """Whether nothing of the edition is queued or in anybody's hand."""
    left = select(BatchRow.batch).where(BatchRow.edition_id == edition_id, BatchRow.queued > 0)
    return session.scalars(left.limit(1)).one_or_none() is None


def resolve_uncertain(
    session: Session,
    edition_id: int,
    to: DeliveryStatus,
    *,
    now: datetime,
    only: Collection[int] | None = None,
) -> int:
    """How many uncertain deliveries are now sent, failed, or queued again; of those ids, or all.

    Only who may be written to still is queued again.
    """
    move = (DeliveryStatus.UNCERTAIN, to)
    values = {"now": now, "only": None if only is None else list(only)}
    condition = _MAY_GO_AGAIN if to is DeliveryStatus.QUEUED else "true"
    return _moved(session, edition_id, move, values, condition=condition)


def queue_failed(session: Session, edition_id: int, *, now: datetime) -> int:
    """How many failed deliveries are queued again: of those who still subscribe.

    Those of a batch in a worker's hand stay failed.
    """
    move = (DeliveryStatus.FAILED, DeliveryStatus.QUEUED)
    return _moved(session, edition_id, move, {"now": now}, condition=_MAY_GO_AGAIN)


def fail_queued(session: Session, edition_id: int, *, now: datetime, why: str) -> int:
    """How many queued deliveries are now failed; those in a worker's hand are not among them."""
    move = (DeliveryStatus.QUEUED, DeliveryStatus.FAILED)
    values = {"now": now, "reply": why}
    return _moved(session, edition_id, move, values, condition=_IN_NOBODY_S_HAND)


def list_for_edition(
    session: Session,
    edition_id: int,
    *,
    statuses: Collection[DeliveryStatus] = tuple(DeliveryStatus),
    after: int = 0,
    limit: int | None = None,
) -> tuple[Delivery, ...]:
    """The edition's deliveries in those states, by subscriber id, beyond after."""
    month = select(func.date_trunc("month", EditionRow.on)).where(EditionRow.id == edition_id)
    rows = session.execute(
        select(
            DeliveryRow.subscriber_id,
            func.coalesce(SubscriberRow.address, "").label("address"),
            DeliveryRow.status,
            DeliveryRow.attempts,
            DeliveryRow.reply_code,
            DeliveryRow.reply,
            DeliveryRow.settled_at,
        )
        .outerjoin(SubscriberRow, SubscriberRow.id == DeliveryRow.subscriber_id)
        .where(
            DeliveryRow.month == month.scalar_subquery(),
            DeliveryRow.edition_id == edition_id,
            DeliveryRow.subscriber_id > after,
            DeliveryRow.status.in_(statuses),
        )
        .order_by(DeliveryRow.subscriber_id)
        .limit(limit)
    )
    return tuple(Delivery(**row._asdict() | {"status": DeliveryStatus(row.status)}) for row in rows)


def _moved(
    session: Session,
    edition_id: int,
    move: tuple[DeliveryStatus, DeliveryStatus],
    values: dict[str, Any],
    *,
    condition: str = "true",
) -> int:
    expected, to = move
    statement = text(
        _MOVE.format(condition=condition, expected=expected.value, to=to.value)
    ).bindparams(bindparam("only", type_=ARRAY(BIGINT)))
    names = {"edition_id": edition_id, "expected": expected.value, "to": to.value}
    return sum(session.scalars(statement, {"only": None, "reply": ""} | names | values))
