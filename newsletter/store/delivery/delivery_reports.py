"""What became of an edition's deliveries: each of them, by domain, and which may be tried again."""

from collections.abc import Sequence

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.orm import Session

from newsletter.domain.delivery.ledger import DeliveryState, DomainCount, RetryableCounts
from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.store.subscribers.suppressions import IS_SUPPRESSED

_OF_EDITION = """
d.month = (SELECT date_trunc('month', "on")::date FROM edition WHERE id = :edition_id)
    AND d.edition_id = :edition_id
"""
_STATES = text(f"""
SELECT d.subscriber_id, d.status, d.attempts, d.is_repeat FROM delivery AS d
WHERE {_OF_EDITION} AND d.subscriber_id > :after ORDER BY d.subscriber_id LIMIT :limit
""")  # noqa: S608  # our own words
_FAILED = text(f"""
SELECT CASE WHEN s.status IS DISTINCT FROM 'confirmed' THEN 'left'
        WHEN {IS_SUPPRESSED.format(address_key="r.address_key")} THEN 'suppressed'
        WHEN b.lease_ends_at IS NOT NULL THEN 'in_hand' ELSE 'ready' END AS why, count(*)
FROM delivery AS d JOIN edition AS e ON e.id = d.edition_id
    JOIN delivery_batch AS b ON b.edition_id = d.edition_id AND b.batch = d.batch
    LEFT JOIN subscriber AS r ON r.id = d.subscriber_id
    LEFT JOIN subscription AS s
        ON s.subscriber_id = d.subscriber_id AND s.newsletter_id = e.newsletter_id
WHERE {_OF_EDITION} AND d.status = 'failed' GROUP BY 1
""")  # noqa: S608
_BEGUN = text(f"""
SELECT count(*) FROM delivery AS d
    JOIN delivery_batch AS b ON b.edition_id = d.edition_id AND b.batch = d.batch
WHERE {_OF_EDITION} AND d.status = 'queued' AND b.lease_ends_at IS NOT NULL
    AND d.subscriber_id = ANY (b.window_ids)
""")  # noqa: S608
_DOMAIN = "split_part(r.address_key, '@', 2)"
_DOMAINS = text(f"""
SELECT {_DOMAIN} FROM delivery AS d JOIN subscriber AS r ON r.id = d.subscriber_id
WHERE {_OF_EDITION} GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT :limit
""")  # noqa: S608
_BY_DOMAIN = text(f"""
SELECT CASE WHEN {_DOMAIN} = ANY(:named) THEN {_DOMAIN} ELSE '' END AS domain, d.status,
    d.status = 'queued' AND d.attempts > 0 AS is_deferred, count(*) AS number
FROM delivery AS d LEFT JOIN subscriber AS r ON r.id = d.subscriber_id
WHERE {_OF_EDITION} GROUP BY 1, 2, 3
""").bindparams(bindparam("named", type_=ARRAY(TEXT)))  # noqa: S608


# Some relays repeat the address in their reply; without it equal refusals are equal, and a reason
# names nobody.
_COMMONEST_FAILURE = text(f"""
SELECT concat_ws(' ', nullif(d.reply_code, 0),
    regexp_replace(d.reply, '<?[^\\s<>]+@[^\\s<>]+>?', '…', 'g')) AS said
FROM delivery AS d WHERE {_OF_EDITION} AND d.status = 'failed'
GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1
""")  # noqa: S608


def list_states(
    session: Session, edition_id: int, *, after: int, limit: int
) -> list[DeliveryState]:
    """The edition's next deliveries by subscriber id, beyond after."""
    values = {"edition_id": edition_id, "after": after, "limit": limit}
    return [DeliveryState._make(row) for row in session.execute(_STATES, values)]


def count_begun(session: Session, edition_id: int) -> int:
    """Return how many deliveries the relay may have at this moment, at the most."""
    return int(session.scalars(_BEGUN, {"edition_id": edition_id}).one())


def count_retryable(session: Session, edition_id: int) -> RetryableCounts:
    """How many of the edition's failed could be tried again, and why the others cannot."""
    rows = session.execute(_FAILED, {"edition_id": edition_id})
    return RetryableCounts(**{why: count for why, count in rows})  # noqa: C416  # mypy knows no pairs in rows


def commonest_failure(session: Session, edition_id: int) -> str:
    """Return the reply that most of the edition's failed deliveries got, without addresses in it.

    "" when none failed, or none is kept any more.
    """
    values = {"edition_id": edition_id}
    return session.scalars(_COMMONEST_FAILURE, values).one_or_none() or ""


def domains(session: Session, edition_id: int, *, limit: int) -> list[str]:
    """The domains that most of the edition's readers have, the commonest first."""
    return list(session.scalars(_DOMAINS, {"edition_id": edition_id, "limit": limit}))


def by_domain(session: Session, edition_id: int, *, named: Sequence[str]) -> list[DomainCount]:
    """Return the edition's deliveries, counted by domain and state.

    It reads all of them: 200,000 in about 0.3 s.
    """
    return [
        DomainCount(row.domain, DeliveryStatus(row.status), row.is_deferred, row.number)
        for row in session.execute(_BY_DOMAIN, {"edition_id": edition_id, "named": list(named)})
    ]
