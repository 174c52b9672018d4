"""Feeds: what we read, how it went last time, and when to ask again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypedDict, Unpack

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from newsletter.domain.editions.recomposition import CLOCKS_APART, FeedHealth
from newsletter.domain.feed import Feed
from newsletter.store.models import FeedRow


class ReadingOutcome(TypedDict, total=False):
    """The columns that a reading may change; their meaning is that of Feed's fields."""

    etag: str
    last_modified: str
    failures: int
    last_result: str
    entry_count: int
    due_at: datetime
    fetched_at: datetime
    succeeded_at: datetime


_COLUMNS = tuple(column for column in FeedRow.__table__.c if column.name != "created_at")


def list_all(session: Session) -> tuple[Feed, ...]:
    """All feeds, by source and address."""
    rows = session.execute(select(*_COLUMNS).order_by(FeedRow.source, FeedRow.url))
    return tuple(Feed(**row._asdict()) for row in rows)


def list_due(session: Session, *, now: datetime) -> tuple[Feed, ...]:
    """The polled feeds whose time has come, the longest overdue first.

    One that a clock which was ahead has read is due: its time would come when that clock's does.
    """
    was_ahead = FeedRow.fetched_at > now + CLOCKS_APART
    return _polled(session, (FeedRow.due_at <= now) | was_ahead)


def list_overdue(session: Session, *, now: datetime, overdue: timedelta) -> tuple[Feed, ...]:
    """The polled feeds that were never read, or are due for longer than overdue."""
    return _polled(session, FeedRow.fetched_at.is_(None) | (FeedRow.due_at <= now - overdue))


def health(session: Session) -> FeedHealth:
    """How many feeds there are, and how they are."""
    polled = FeedRow.is_polled
    row = session.execute(
        select(
            func.count().filter(polled).label("polled"),
            func.count().filter(polled, FeedRow.fetched_at.is_(None)).label("unread"),
            func.count().filter(polled, FeedRow.failures > 0).label("failing"),
            func.count().filter(~polled).label("from_files"),
        )
    ).one()
    return FeedHealth(**row._asdict())


def _polled(session: Session, which: ColumnElement[bool]) -> tuple[Feed, ...]:
    wanted = select(*_COLUMNS).where(FeedRow.is_polled, which)
    rows = session.execute(wanted.order_by(FeedRow.due_at, FeedRow.id))
    return tuple(Feed(**row._asdict()) for row in rows)


def add(session: Session, feed: Feed, *, now: datetime) -> Feed:
    """The feed as stored. One that is known by its address keeps what is stored of its reading."""
    values = {column.name: getattr(feed, column.name) for column in _COLUMNS if column.name != "id"}
    told = {name: values[name] for name in ("source", "section", "language", "weight")}
    told["is_polled"] = FeedRow.is_polled | feed.is_polled
    made = insert(FeedRow).values(**values, created_at=now)
    changed = made.on_conflict_do_update(index_elements=[FeedRow.url], set_=told)
    return Feed(**session.execute(changed.returning(*_COLUMNS)).one()._asdict())


def record(session: Session, feed_id: int, **outcome: Unpack[ReadingOutcome]) -> None:
    """Write down how a reading of the feed went; columns that are not given stay as they are."""
    session.execute(update(FeedRow).where(FeedRow.id == feed_id).values(**outcome))


def remove(session: Session, urls: Sequence[str]) -> int:
    """How many of these feeds were there. Their articles stay."""
    gone = delete(FeedRow).where(FeedRow.url.in_(urls)).returning(FeedRow.id)
    return len(session.scalars(gone).all())
