"""Subscribers and their subscriptions."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Text,
    and_,
    cast,
    column,
    delete,
    exists,
    func,
    literal,
    select,
    update,
    values,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from newsletter.domain.subscribers.consent import ConsentEvent, NewSubscriber
from newsletter.domain.subscribers.subscription import EndReason, Subscription, SubscriptionStatus
from newsletter.errors import NotFoundError
from newsletter.store.models import ConsentRow, SubscriberRow, SubscriptionRow
from newsletter.store.subscribers import consent

_COLUMNS = (
    SubscriptionRow.id,
    SubscriptionRow.newsletter_id,
    SubscriptionRow.subscriber_id,
    SubscriberRow.address,
    SubscriberRow.name,
    SubscriberRow.language,
    SubscriberRow.zone,
    SubscriptionRow.status,
    SubscriptionRow.reason,
    SubscriptionRow.requested_at,
    SubscriptionRow.confirmed_at,
    SubscriptionRow.ended_at,
    SubscriptionRow.paused_until,
)
_PAGE = 1_000


def by_id(session: Session, subscription_id: int) -> Subscription:
    """Raises NotFoundError when there is none."""
    found = _select().where(SubscriptionRow.id == subscription_id)
    row = session.execute(found).one_or_none()
    if row is None:
        raise NotFoundError("This subscription does not exist any more.")
    return _value(row)


def by_address(session: Session, newsletter_id: int, address_key: str) -> Subscription | None:
    """The subscription of an address to a newsletter."""
    is_it = and_(
        SubscriptionRow.newsletter_id == newsletter_id, SubscriberRow.address_key == address_key
    )
    row = session.execute(_select().where(is_it)).one_or_none()
    return _value(row) if row else None


def request(session: Session, newsletter_id: int, reader: NewSubscriber, *, now: datetime) -> int:
    """The id of the reader's subscription, made unconfirmed when there was none.

    One that ended begins again unconfirmed; one that is confirmed stays so.
    """
    subscriber_id = _subscriber(session, reader, now)
    values = {
        "newsletter_id": newsletter_id,
        "subscriber_id": subscriber_id,
        "status": SubscriptionStatus.UNCONFIRMED,
        "requested_at": now,
    }
    made = upsert(SubscriptionRow).values(**values)
    again = made.on_conflict_do_update(
        index_elements=[SubscriptionRow.newsletter_id, SubscriptionRow.subscriber_id],
        set_={"status": SubscriptionStatus.UNCONFIRMED, "reason": None, "requested_at": now},
        where=SubscriptionRow.status != SubscriptionStatus.CONFIRMED,
    )
    made_id = session.scalars(again.returning(SubscriptionRow.id)).one_or_none()
    if made_id is not None:
        return made_id
    known = select(SubscriptionRow.id).where(
        SubscriptionRow.newsletter_id == newsletter_id,
        SubscriptionRow.subscriber_id == subscriber_id,
    )
    return session.scalars(known).one()


def withdraw_request(
    session: Session, subscription_id: int, before: Subscription | None, *, asked_at: datetime
) -> None:
    """Undo a request whose confirmation mail did not leave: nobody was asked.

    before is the subscription as it was, None where there was none; then nothing of the request is
    kept. One that was confirmed or ended meanwhile stays so.
    """
    is_asked = (ConsentRow.event == "asked") & (ConsentRow.at == asked_at)
    session.execute(
        delete(ConsentRow).where(ConsentRow.subscription_id == subscription_id, is_asked)
    )
    is_open = (
        SubscriptionRow.id == subscription_id,
        SubscriptionRow.status == SubscriptionStatus.UNCONFIRMED,
    )
    if before is not None:
        names = ("status", "reason", "requested_at")
        former = {name: getattr(before, name) for name in names}
        _move(session, *is_open, values=former)
        return
    gone = delete(SubscriptionRow).where(*is_open).returning(SubscriptionRow.subscriber_id)
    subscriber_id = session.scalars(gone).one_or_none()
    has_other = exists().where(SubscriptionRow.subscriber_id == SubscriberRow.id)
    session.execute(delete(SubscriberRow).where(SubscriberRow.id == subscriber_id, ~has_other))


def confirm(session: Session, subscription_id: int, *, now: datetime) -> bool:
    """Whether the subscription was unconfirmed and is now confirmed."""
    return _move(
        session,
        SubscriptionRow.id == subscription_id,
        SubscriptionRow.status == SubscriptionStatus.UNCONFIRMED,
        values={"status": SubscriptionStatus.CONFIRMED, "confirmed_at": now, "ended_at": None},
    )


def end(session: Session, subscription_id: int, reason: EndReason, *, now: datetime) -> bool:
    """Whether the subscription was on and has now ended, for that reason."""
    return _move(
        session,
        SubscriptionRow.id == subscription_id,
        SubscriptionRow.status != SubscriptionStatus.ENDED,
        values={"status": SubscriptionStatus.ENDED, "reason": reason, "ended_at": now},
    )


def pause(session: Session, subscription_id: int, *, until: datetime | None) -> bool:
    """Whether the subscription is confirmed and gets no edition until then; None ends a pause."""
    return _move(
        session,
        SubscriptionRow.id == subscription_id,
        SubscriptionRow.status == SubscriptionStatus.CONFIRMED,
        values={"paused_until": until},
    )


def import_confirmed(
    session: Session, newsletter_id: int, readers: Sequence[NewSubscriber], *, now: datetime
) -> int:
    """How many of the readers are newly subscribed. Who ended a subscription stays out.

    readers have distinct keys.
    """
    if not readers:
        return 0
    people = upsert(SubscriberRow).values(
        [
            {
                "address": one.address,
                "address_key": one.address_key,
                "name": one.name,
                "language": one.language,
                "zone": one.zone,
                "created_at": now,
            }
            for one in readers
        ]
    )
    session.execute(people.on_conflict_do_nothing(index_elements=[SubscriberRow.address_key]))
    told = values(
        column("address_key", Text), column("paused_until", DateTime(timezone=True)), name="told"
    ).data([(one.address_key, one.paused_until) for one in readers])
    chosen = select(
        literal(newsletter_id, BigInteger),
        SubscriberRow.id,
        literal(SubscriptionStatus.CONFIRMED.value),
        literal(now, DateTime(timezone=True)),
        literal(now, DateTime(timezone=True)),
        cast(told.c.paused_until, DateTime(timezone=True)),  # where nobody is paused it is a text
    ).join(told, told.c.address_key == SubscriberRow.address_key)
    columns = ["newsletter_id", "subscriber_id", "status", "requested_at", "confirmed_at"]
    made = upsert(SubscriptionRow).from_select([*columns, "paused_until"], chosen)
    made = made.on_conflict_do_nothing()
    ids = session.scalars(made.returning(SubscriptionRow.id)).all()
    consent.record_consent(
        session, ids, ConsentEvent(event="imported", channel="command line"), now=now
    )
    return len(ids)


def counts(session: Session, newsletter_id: int) -> dict[SubscriptionStatus, int]:
    """How many subscriptions are in each status; every status is there."""
    rows = session.execute(
        select(SubscriptionRow.status, func.count())
        .where(SubscriptionRow.newsletter_id == newsletter_id)
        .group_by(SubscriptionRow.status)
    )
    found = {SubscriptionStatus(status): count for status, count in rows}
    return {status: found.get(status, 0) for status in SubscriptionStatus}


def iter_all(session: Session, newsletter_id: int) -> Iterator[Subscription]:
    """All subscriptions to the newsletter, in the order of their ids; read page by page."""
    last = 0
    while True:
        after = and_(SubscriptionRow.newsletter_id == newsletter_id, SubscriptionRow.id > last)
        page = session.execute(
            _select().where(after).order_by(SubscriptionRow.id).limit(_PAGE)
        ).all()
        yield from (_value(row) for row in page)
        if len(page) < _PAGE:
            return
        last = page[-1].id


def _subscriber(session: Session, reader: NewSubscriber, now: datetime) -> int:
    made = upsert(SubscriberRow).values(
        address=reader.address,
        address_key=reader.address_key,
        name=reader.name,
        language=reader.language,
        zone=reader.zone,
        created_at=now,
    )
    # Setting the key to itself makes the row come back, and changes nothing somebody else wrote.
    again = made.on_conflict_do_update(
        index_elements=[SubscriberRow.address_key], set_={"address_key": reader.address_key}
    )
    return session.scalars(again.returning(SubscriberRow.id)).one()


def _move(session: Session, *conditions: ColumnElement[bool], values: dict[str, Any]) -> bool:
    moved = update(SubscriptionRow).where(*conditions).values(**values)
    return session.scalars(moved.returning(SubscriptionRow.id)).one_or_none() is not None


def _select() -> Any:
    return select(*_COLUMNS).join(SubscriberRow, SubscriberRow.id == SubscriptionRow.subscriber_id)


def _value(row: Any) -> Subscription:
    values = row._asdict()
    reason = values["reason"]
    known = {
        "status": SubscriptionStatus(values["status"]),
        "reason": EndReason(reason) if reason else None,
    }
    return Subscription(**values | known)
