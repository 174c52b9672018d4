"""Editions that are not frozen: which there are, and whether news came in for them."""

from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session, aliased

from newsletter.domain.editions.edition import Edition
from newsletter.store.collection import articles
from newsletter.store.editions import editions
from newsletter.store.models import ArticleRow, DecisionRow, EditionRow, FeedRow


def list_open(session: Session, newsletter_id: int, *, since: date) -> tuple[Edition, ...]:
    """Return the newsletter's editions of that date and later ones that are not sent off."""
    is_open = (EditionRow.on >= since) & EditionRow.frozen_at.is_(None)
    wanted = select(EditionRow.id).where(EditionRow.newsletter_id == newsletter_id, is_open)
    ids = session.scalars(wanted.order_by(EditionRow.id)).all()
    return tuple(editions.by_id(session, edition_id) for edition_id in ids)


def has_news(
    session: Session,
    edition: Edition,
    *,
    closes_at: datetime,
    late: timedelta,
    of_new_feeds: bool = False,
) -> bool:
    """Return whether the window up to closes_at has an article on which nothing is decided yet.

    No clock is asked: an article that composing saw has its decision. of_new_feeds counts those
    only whose feed is polled and brought nothing before the edition was composed.
    """
    belongs = articles.is_in_window(opens_at=edition.opens_at, closes_at=closes_at, late=late)
    decided = exists().where(
        DecisionRow.edition_id == edition.id, DecisionRow.article_id == ArticleRow.id
    )
    news = select(ArticleRow.id).where(belongs, ~decided)
    if of_new_feeds:
        news = news.where(_is_of_a_new_feed(edition))
    return session.scalars(news.limit(1)).one_or_none() is not None


def _is_of_a_new_feed(edition: Edition) -> ColumnElement[bool]:
    earlier = aliased(ArticleRow)
    had_brought = exists().where(
        earlier.feed_id == ArticleRow.feed_id, earlier.collected_at < edition.composed_at
    )
    is_polled = exists().where(FeedRow.id == ArticleRow.feed_id, FeedRow.is_polled)
    return is_polled & ~had_brought
