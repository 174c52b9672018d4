"""Batches of the ledger in a worker's hand: claimed, settled in bulk, given back, or lapsed.

A claim has a lease and a fence. The fence grows with each claim, so that a worker that wakes late
settles nothing that another one holds by then. Its window names the subscribers whose messages the
worker may have begun and has not settled: when it is gone with its journal they are in doubt, and
nobody else. Leases are told by the database's clock, the one that all workers share.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, select, text
from sqlalchemy.orm import Session

from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.domain.editions.edition import EditionStatus
from newsletter.domain.editions.states import RUNNING
from newsletter.store.database.ledger_connection import LedgerConnection
from newsletter.store.delivery_models import BatchRow

# One statement for one journey: it sees to it that the claim holds, writes the outcomes down, and
# counts what it really changed. Settling twice, because nobody knows whether the first time was
# committed, counts once. It runs a hundred times a second, so it goes to the driver as it stands,
# with its values as text: each is cast.
_SETTLE = """
WITH held AS (
    SELECT edition_id, batch FROM delivery_batch
    WHERE edition_id = CAST(%(edition_id)s AS bigint) AND batch = CAST(%(batch)s AS integer)
        AND fence = CAST(%(fence)s AS bigint) AND lease_ends_at IS NOT NULL
    FOR UPDATE
), settled AS (
    UPDATE delivery AS d SET status = o.status, attempts = d.attempts + 1, reply_code = o.code,
        reply = o.reply, settled_at = CAST(%(now)s AS timestamptz),
        due_at = coalesce(o.due_at, d.due_at)
    FROM held, unnest(CAST(%(ids)s AS bigint[]), CAST(%(statuses)s AS text[]),
        CAST(%(codes)s AS integer[]), CAST(%(replies)s AS text[]),
        CAST(%(due_ats)s AS timestamptz[]))
        AS o (subscriber_id, status, code, reply, due_at)
    WHERE d.month = CAST(%(month)s AS date) AND d.edition_id = CAST(%(edition_id)s AS bigint)
        AND d.subscriber_id = o.subscriber_id AND d.status = 'queued'
    RETURNING d.status, d.attempts
), counted AS (
    SELECT count(*) FILTER (WHERE status = 'sent') AS sent,
        count(*) FILTER (WHERE status = 'failed') AS failed,
        count(*) FILTER (WHERE status = 'uncertain') AS uncertain,
        count(*) FILTER (WHERE status = 'queued' AND attempts = 1)
            - count(*) FILTER (WHERE status <> 'queued' AND attempts > 1) AS deferred
    FROM settled
)
UPDATE delivery_batch AS b
SET lease_ends_at = clock_timestamp() + CAST(%(lease)s AS interval),
    window_ids = CAST(%(window)s AS bigint[]),
    queued = b.queued - c.sent - c.failed - c.uncertain, sent = b.sent + c.sent,
    failed = b.failed + c.failed, uncertain = b.uncertain + c.uncertain,
    deferred = b.deferred + c.deferred
FROM held, counted AS c WHERE b.edition_id = held.edition_id AND b.batch = held.batch
RETURNING (SELECT status FROM edition WHERE id = CAST(%(edition_id)s AS bigint))
"""
_POSTPONE = text("""
UPDATE delivery SET due_at = :due_at
WHERE month = :month AND edition_id = :edition_id AND subscriber_id = ANY(:ids)
    AND status = 'queued'
""")
_CLAIM = text("""
UPDATE delivery_batch SET lease_ends_at = clock_timestamp() + :lease, fence = fence + 1,
    window_ids = '{}'
WHERE edition_id = :edition_id AND batch = (
    SELECT batch FROM delivery_batch
    WHERE edition_id = :edition_id AND lease_ends_at IS NULL AND queued > 0 AND due_at <= :now
        AND (CAST(:batch AS integer) IS NULL OR batch = :batch)
        AND EXISTS (SELECT FROM edition WHERE id = :edition_id AND status = ANY(:running))
    ORDER BY batch LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING edition_id, batch, month, fence, window_ids
""")
# LATERAL with a LIMIT: of each delivery the subscriber and the subscription are looked up by their
# keys. Left to choose, PostgreSQL reads a list of 50,000 subscriptions whole for each claim of 500,
# which took twice the processor time of all settlements of the claim.
_DUE = text("""
SELECT d.subscriber_id, s.id, r.address, r.address_key, r.name, s.status = 'confirmed',
    d.attempts, coalesce(d.reply_code, 0)
FROM delivery AS d
    CROSS JOIN LATERAL (SELECT address, address_key, name FROM subscriber
        WHERE id = d.subscriber_id LIMIT 1) AS r
    CROSS JOIN LATERAL (SELECT id, status FROM subscription
        WHERE subscriber_id = d.subscriber_id AND newsletter_id =
            (SELECT newsletter_id FROM edition WHERE id = :edition_id)
        LIMIT 1) AS s
WHERE d.month = :month AND d.edition_id = :edition_id AND d.batch = :batch
    AND d.status = 'queued' AND (CAST(:now AS timestamptz) IS NULL OR d.due_at <= :now)
    AND (CAST(:only AS bigint[]) IS NULL OR d.subscriber_id = ANY(:only))
ORDER BY d.subscriber_id
""")
_RELEASE = text("""
UPDATE delivery_batch AS b SET lease_ends_at = NULL, window_ids = '{}', due_at = coalesce(
    (SELECT min(due_at) FROM delivery WHERE month = :month AND edition_id = :edition_id
        AND batch = :batch AND status = 'queued'), b.due_at)
WHERE b.edition_id = :edition_id AND b.batch = :batch AND b.fence = :fence
    AND b.lease_ends_at IS NOT NULL
""")


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """One delivery of a claimed batch. is_wanted is False when the reader has left meanwhile."""

    subscriber_id: int
    subscription_id: int
    address: str
    address_key: str
    name: str
    is_subscribed: bool
    attempts: int  # made before this one
    last_code: int = 0  # of the last answer, which put it off; 0: none yet, or the connection broke


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A claimed batch; deliveries are in the order of their subscribers' ids.

    window_ids are the subscribers whose messages may have been begun, as of the last settlement.
    """

    edition_id: int
    batch: int
    month: date
    fence: int
    deliveries: tuple[ClaimedDelivery, ...]
    window_ids: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryOutcome:
    """How one delivery went. due_at is set for one that is tried again."""

    subscriber_id: int
    status: DeliveryStatus
    code: int
    reply: str
    due_at: datetime | None = None


def claim(
    session: Session,
    edition_id: int,
    *,
    now: datetime,
    lease: timedelta,
    batch: int | None = None,
) -> Batch | None:
    """Take one due batch, that one if it is named; None when none is left to take.

    Nothing of it may be begun before settle has named who may. None as well once the edition is not
    being sent any more: somebody holds it.
    """
    values = {
        "edition_id": edition_id,
        "batch": batch,
        "now": now,
        "lease": lease,
        "running": [status.value for status in RUNNING],
    }
    taken = session.execute(_CLAIM, values).one_or_none()
    return _with_due(session, taken, due_by=now) if taken else None


def record_outcomes(
    session: Session,
    batch: Batch,
    outcomes: Sequence[DeliveryOutcome],
    *,
    now: datetime,
    lease: timedelta,
    window: Sequence[int],
) -> EditionStatus | None:
    """The edition's state when the claim holds: the outcomes are written down, the lease is new.

    None when it does not; then nothing was. window are the subscribers whose messages the worker
    may have begun from now on: those on their way and not answered belong to it. Settling twice is
    as good as once.
    """
    values = _settlement(batch, outcomes, now=now, lease=lease, window=window)
    row = session.connection().exec_driver_sql(_SETTLE, values).one_or_none()
    return EditionStatus(row[0]) if row is not None else None


async def record_outcomes_alone(
    line: LedgerConnection, batch: Batch, outcomes: Sequence[DeliveryOutcome], **renewal: Any
) -> EditionStatus | None:
    """Do as settle does, in a transaction of its own. Raises LedgerConnectionLostError."""
    row = await line.execute(_SETTLE, _settlement(batch, outcomes, **renewal))
    return EditionStatus(row[0]) if row is not None and row[0] is not None else None


def _settlement(
    batch: Batch,
    outcomes: Sequence[DeliveryOutcome],
    *,
    now: datetime,
    lease: timedelta,
    window: Sequence[int],
) -> dict[str, str]:
    """Return the values of the settling statement, as PostgreSQL reads them."""
    return {
        "edition_id": str(batch.edition_id),
        "batch": str(batch.batch),
        "fence": str(batch.fence),
        "month": batch.month.isoformat(),
        "now": now.isoformat(),
        "lease": f"{lease.total_seconds()} seconds",
        "window": _array(map(str, window)),
        "ids": _array(str(one.subscriber_id) for one in outcomes),
        "statuses": _array(one.status.value for one in outcomes),
        "codes": _array(str(one.code) for one in outcomes),
        "replies": _array(_quoted(one.reply) for one in outcomes),
        "due_ats": _array(one.due_at.isoformat() if one.due_at else "NULL" for one in outcomes),
    }


def _array(elements: Iterable[str]) -> str:
    """Return an array as PostgreSQL reads it (its manual, 8.15.2)."""
    return f"{{{','.join(elements)}}}"


def _quoted(text: str) -> str:
    """Return a text as an element of an array, where commas, braces and NULL mean nothing."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def reschedule(session: Session, batch: Batch, ids: Sequence[int], *, due_at: datetime) -> None:
    """Let these wait until then; that is no attempt."""
    session.execute(_POSTPONE, _key(batch) | {"ids": list(ids), "due_at": due_at})


def release(session: Session, batch: Batch) -> None:
    """Give the batch back; it is due again when the first that is queued in it is."""
    session.execute(_RELEASE, _key(batch) | {"batch": batch.batch, "fence": batch.fence})


def expired_claims(session: Session) -> tuple[Batch, ...]:
    """The batches whose lease has ended, locked, each with its deliveries that are in doubt."""
    ended = (
        select(BatchRow)
        .where(BatchRow.lease_ends_at < func.clock_timestamp())
        .order_by(BatchRow.edition_id, BatchRow.batch)
        .with_for_update(skip_locked=True)
    )
    return tuple(
        _with_due(session, row, only=row.window_ids) for row in session.scalars(ended).all()
    )


def get_claimed(session: Session, edition_id: int, batch: int, fence: int) -> Batch | None:
    """The batch that is claimed with this fence, locked, with all that is queued in it."""
    found = select(BatchRow).where(_is_held(edition_id, batch, fence))
    row = session.scalars(found.with_for_update()).one_or_none()
    return _with_due(session, row) if row else None


def is_claimed(session: Session, edition_id: int, batch: int, fence: int) -> bool:
    """Whether the batch is claimed with this fence; once it is not, it never is again."""
    return session.scalars(select(exists().where(_is_held(edition_id, batch, fence)))).one()


def _key(batch: Batch) -> dict[str, Any]:
    return {"month": batch.month, "edition_id": batch.edition_id}


def _is_held(edition_id: int, batch: int, fence: int) -> ColumnElement[bool]:
    return and_(
        BatchRow.edition_id == edition_id,
        BatchRow.batch == batch,
        BatchRow.fence == fence,
        BatchRow.lease_ends_at.is_not(None),
    )


def _with_due(
    session: Session,
    row: Any,
    *,
    due_by: datetime | None = None,
    only: Sequence[int] | None = None,
) -> Batch:
    """The batch of that row with what is queued in it: all of it, or what is due, or only those."""
    values = {"month": row.month, "edition_id": row.edition_id, "batch": row.batch}
    due = session.execute(_DUE, values | {"now": due_by, "only": only}).all()
    return Batch(
        edition_id=row.edition_id,
        batch=row.batch,
        month=row.month,
        fence=row.fence,
        deliveries=tuple(ClaimedDelivery(*one) for one in due),
        window_ids=frozenset(row.window_ids),
    )
