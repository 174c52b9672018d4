"""Articles: kept once for each address, updated, found by time, let go."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    and_,
    case,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from newsletter.domain.articles.article import Article, Entry, Image, fingerprint, publication_time
from newsletter.domain.articles.url_identity import strip_tracking, url_identity
from newsletter.domain.feed import Feed, UpsertCounts
from newsletter.store.models import ArticleRow, DecisionRow, FeedRow

_BATCH = 500  # Rows a statement: 20 values each stay below PostgreSQL's 65,535 parameters.
COLUMNS = tuple(
    ArticleRow.__table__.c[field]
    for field in Article.__dataclass_fields__  # the same names, on purpose
)


def upsert_entries(
    session: Session, feed: Feed, entries: Iterable[Entry], *, now: datetime
) -> UpsertCounts:
    """Keep the entries as articles of feed, one for each address.

    An article keeps the date at which it was first published and collected. Only the feed that
    brought it may change its words; another one may add its section.
    """
    rows = _known_again(session, feed, _rows(feed, entries, now))
    changed: list[bool] = []
    for start in range(0, len(rows), _BATCH):
        changed += session.scalars(_upsert(rows[start : start + _BATCH])).all()
    return UpsertCounts(
        new=sum(changed),
        updated=len(changed) - sum(changed),
        unchanged=len(rows) - len(changed),
    )


def in_window(
    session: Session, *, opens_at: datetime, closes_at: datetime, late: timedelta
) -> tuple[Article, ...]:
    """The articles of the window opens_at <= t < closes_at, in the order of their ids.

    One belongs to it that was published in it, or that was collected in it and published no more
    than late before it opened (decision 0003).
    """
    belongs = is_in_window(opens_at=opens_at, closes_at=closes_at, late=late)
    rows = session.execute(select(*COLUMNS).where(belongs).order_by(ArticleRow.id))
    return tuple(article(row) for row in rows)


def is_in_window(
    *, opens_at: datetime, closes_at: datetime, late: timedelta
) -> ColumnElement[bool]:
    """What is true of an article's row that belongs to the window; see in_window."""
    published_at, collected_at = ArticleRow.published_at, ArticleRow.collected_at
    arrived_late = and_(
        collected_at >= opens_at, collected_at < closes_at, published_at >= opens_at - late
    )
    return and_(published_at < closes_at, or_(published_at >= opens_at, arrived_late))


def is_polled(session: Session, article_id: int) -> bool:
    """Whether the feed that brought the article is fetched, and was not read from a file."""
    feed = select(FeedRow.is_polled).join(ArticleRow, ArticleRow.feed_id == FeedRow.id)
    return bool(session.scalars(feed.where(ArticleRow.id == article_id)).one_or_none())


def set_image(session: Session, article_id: int, image: Image) -> None:
    """Keep that image as the article's."""
    its = ArticleRow.id == article_id
    session.execute(update(ArticleRow).where(its).values(image=asdict(image)))


def delete_unused(session: Session, *, before: datetime) -> int:
    """How many articles were deleted: collected before then, and in no edition's decisions."""
    decided = exists().where(DecisionRow.article_id == ArticleRow.id)
    old = delete(ArticleRow).where(ArticleRow.collected_at < before, ~decided)
    return len(session.scalars(old.returning(ArticleRow.id)).all())


def article(row: Any) -> Article:
    """The value of a row that has an article's columns."""
    values: RowMapping = row._mapping  # noqa: SLF001  # SQLAlchemy's public name for it
    found = {name: values[name] for name in Article.__dataclass_fields__}
    image = found["image"]
    return Article(
        **found | {"authors": tuple(found["authors"]), "image": Image(**image) if image else None}
    )


def _rows(feed: Feed, entries: Iterable[Entry], now: datetime) -> list[dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for entry in entries:
        # The same address twice in one document: the first one stands, as in the newsroom's order.
        rows.setdefault(url_identity(entry.url), _row(feed, entry, now))
    return list(rows.values())


def _row(feed: Feed, entry: Entry, now: datetime) -> dict[str, Any]:
    return {
        "feed_id": feed.id,
        "url": strip_tracking(entry.url),
        "url_key": url_identity(entry.url),
        "guid": entry.guid,
        "title": entry.title,
        "summary": entry.summary,
        "html": entry.html,
        "text": entry.text,
        "source": feed.source,
        "section": "; ".join(dict.fromkeys(filter(None, (feed.section, *entry.sections)))),
        "language": entry.language or feed.language,
        "authors": list(entry.authors),
        "image": asdict(entry.image) if entry.image else None,
        "position": entry.position,
        "weight": feed.weight,
        "fingerprint": fingerprint(entry),
        "published_at": publication_time(entry, collected_at=now),
        "updated_at": entry.updated_at,
        "collected_at": now,
    }


def _known_again(session: Session, feed: Feed, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows, after articles that moved to another address under the same guid have followed.

    A guid that several articles share says nothing, and is left alone.
    """
    guids = [row["guid"] for row in rows if row["guid"]]
    keys = {row["guid"]: row for row in rows if guids.count(row["guid"]) == 1}
    of_feed = and_(ArticleRow.feed_id == feed.id, ArticleRow.guid.in_(keys))
    found = select(ArticleRow.guid, func.min(ArticleRow.id), func.min(ArticleRow.url_key))
    once = found.where(of_feed).group_by(ArticleRow.guid).having(func.count() == 1)
    for guid, article_id, key in session.execute(once).all():
        new = keys[guid]
        taken = exists().where(ArticleRow.url_key == new["url_key"])
        if key != new["url_key"]:
            moved = update(ArticleRow).where(ArticleRow.id == article_id, ~taken)
            session.execute(moved.values(url=new["url"], url_key=new["url_key"]))
    return rows


def _upsert(rows: list[dict[str, Any]]) -> Any:
    """Insert, or change what changed; gives back for each changed row whether it is new."""
    made = insert(ArticleRow).values(rows)
    new, old = made.excluded, ArticleRow.__table__.c
    is_owner = old.feed_id.is_(None) | (old.feed_id == new.feed_id)
    has_changed = is_owner & (old.fingerprint != new.fingerprint)
    adds_section = (new.section != "") & (func.strpos(old.section, new.section) == 0)
    words = ("title", "summary", "html", "text", "authors", "image", "updated_at", "fingerprint")
    changes: dict[str, Any] = {
        name: case((has_changed, new[name]), else_=old[name]) for name in words
    }
    both = func.concat_ws("; ", func.nullif(old.section, ""), new.section)
    changes["section"] = case((adds_section & ~is_owner, both), else_=old.section)
    return made.on_conflict_do_update(
        index_elements=[ArticleRow.url_key],
        set_=changes,
        where=has_changed | (adds_section & ~is_owner),
    ).returning(literal_column("(xmax = 0)"))
