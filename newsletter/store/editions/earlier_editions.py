"""Earlier editions, as composing a later one asks for them: their windows, what they told."""

from datetime import date, datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from newsletter.domain.articles.article import PublishedArticle
from newsletter.domain.editions.states import NEVER_MAILED, TOO_LATE
from newsletter.store.collection import articles
from newsletter.store.models import ArticleRow, DecisionRow, EditionRow


def last_window_end(session: Session, newsletter_id: int, *, before: date) -> datetime | None:
    """Return where the latest edition of an earlier date closed that readers got, or may get."""
    earlier = (EditionRow.newsletter_id == newsletter_id) & (EditionRow.on < before)
    latest = select(EditionRow.closes_at).where(earlier, reaches_readers())
    return session.scalars(latest.order_by(EditionRow.on.desc()).limit(1)).one_or_none()


def reaches_readers() -> ColumnElement[bool]:
    """Return what is true of an edition's row that readers got, or may get.

    Nobody gets one that is skipped or failed as a whole, or whose evening was over before it began.
    """
    is_over = func.coalesce(EditionRow.hold, "").in_(TOO_LATE)
    return EditionRow.status.not_in(NEVER_MAILED) & ~is_over


def published_articles(
    session: Session, newsletter_id: int, *, apart_from: date, since: datetime
) -> tuple[PublishedArticle, ...]:
    """Return the articles chosen for the newsletter's editions of other dates since then.

    Only of those that readers got, or may get.
    """
    rows = session.execute(
        select(*articles.COLUMNS, EditionRow.on, EditionRow.closes_at)
        .join(DecisionRow, DecisionRow.article_id == ArticleRow.id)
        .join(EditionRow, EditionRow.id == DecisionRow.edition_id)
        .where(
            DecisionRow.is_in,
            EditionRow.newsletter_id == newsletter_id,
            EditionRow.on != apart_from,
            reaches_readers(),
            EditionRow.closes_at >= since,
        )
        .order_by(ArticleRow.id, EditionRow.on)
    )
    return tuple(
        PublishedArticle(article=articles.article(row), on=row.on, closes_at=row.closes_at)
        for row in rows
    )
