"""Editions: saved with their stories and decisions, and loaded whole."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, case, exists, func, select, true
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from newsletter.domain.articles.article import Article
from newsletter.domain.articles.labels import Label
from newsletter.domain.digest.digest import Decision, Digest, Placement, Story
from newsletter.domain.editions.edition import Edition, EditionStatus, HoldReason
from newsletter.domain.editions.states import CALLED_OFF, OF_AN_EDITOR, RUNNING, WAITING
from newsletter.domain.editions.transitions import TRANSITIONS, Transition
from newsletter.errors import NotFoundError
from newsletter.store.collection import articles
from newsletter.store.delivery_models import BatchRow
from newsletter.store.editions.edition_stories import replace_stories
from newsletter.store.editions.transitions import may_make
from newsletter.store.models import ArticleRow, DecisionRow, EditionRow, StoryRow

_COLUMNS = tuple(EditionRow.__table__.c)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEdition:
    """What composing decides about an edition, apart from its digest."""

    newsletter_id: int
    on: date
    status: EditionStatus
    hold: HoldReason | None
    reason: str
    sends_at: datetime
    subject: str
    preheader: str


def save_composed(
    session: Session,
    new: NewEdition,
    digest: Digest,
    *,
    now: datetime,
    expected_revision: int | None = None,
) -> int | None:
    """Write the edition, new or composed anew, with its stories and decisions; return its id.

    With expected_revision it is composed anew only as it was then; 0 says that there was none. None
    comes back when it has changed since, or may not be composed anew any more. One that an editor
    holds stays held: that is seen as it is written, so no hold is lost between.
    """
    values = {
        "newsletter_id": new.newsletter_id,
        "on": new.on,
        "status": new.status,
        "hold": new.hold,
        "reason": new.reason,
        "opens_at": digest.opens_at,
        "closes_at": digest.closes_at,
        "sends_at": new.sends_at,
        "composed_at": now,
        "subject": new.subject,
        "preheader": new.preheader,
        **TRANSITIONS[Transition.COMPOSE].sets,
    }
    made = upsert(EditionRow).values(**values, number=_next_number(new.newsletter_id))
    is_theirs = func.coalesce(EditionRow.hold, "").in_(OF_AN_EDITOR)
    is_it = may_make(Transition.COMPOSE)
    if expected_revision is not None:
        is_it &= EditionRow.revision == expected_revision
    again = made.on_conflict_do_update(
        index_elements=[EditionRow.newsletter_id, EditionRow.on],
        set_=values
        | {
            name: case((is_theirs, getattr(EditionRow, name)), else_=values[name])
            for name in ("status", "hold", "reason", "decided_by")
        }
        | {"revision": EditionRow.revision + 1},
        where=is_it,
    )
    edition_id = session.scalars(again.returning(EditionRow.id)).one_or_none()
    if edition_id is not None:
        replace_stories(session, edition_id, digest)
    return edition_id


def by_date(session: Session, newsletter_id: int, on: date) -> Edition | None:
    """Return the edition of that date, with its stories; None when there is none."""
    is_it = (EditionRow.newsletter_id == newsletter_id) & (EditionRow.on == on)
    row = session.execute(select(*_COLUMNS).where(is_it)).one_or_none()
    return _edition(session, row) if row else None


def by_id(session: Session, edition_id: int) -> Edition:
    """Return the edition with its stories. Raises NotFoundError when there is none."""
    row = session.execute(select(*_COLUMNS).where(EditionRow.id == edition_id)).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no edition with the number {edition_id}.")
    return _edition(session, row)


def list_recent(
    session: Session, newsletter_id: int, *, is_out: bool = False, limit: int = 30, offset: int = 0
) -> tuple[Edition, ...]:
    """Return the newsletter's editions, or those sent off, without stories; the latest first."""
    is_chosen = EditionRow.frozen_at.is_not(None) if is_out else true()
    wanted = (EditionRow.newsletter_id == newsletter_id) & is_chosen
    rows = session.execute(
        select(*_COLUMNS).where(wanted).order_by(EditionRow.on.desc()).limit(limit).offset(offset)
    )
    return tuple(_value(row, ()) for row in rows)


def due_for_dispatch(session: Session, *, now: datetime) -> tuple[int, ...]:
    """Return the ids of the editions whose minute has come, and which nothing holds."""
    is_due = EditionRow.status.in_(WAITING) & (EditionRow.sends_at <= now)
    wanted = select(EditionRow.id).where(is_due)
    return tuple(session.scalars(wanted.order_by(EditionRow.sends_at)))


def sending(session: Session) -> tuple[int, ...]:
    """Return the ids of the editions whose deliveries are under way."""
    wanted = select(EditionRow.id).where(EditionRow.status.in_(RUNNING))
    return tuple(session.scalars(wanted.order_by(EditionRow.id)))


def cancelled_with_queue(session: Session) -> tuple[int, ...]:
    """Return the ids of the editions that are cancelled and in which something is queued still."""
    is_left = exists().where(BatchRow.edition_id == EditionRow.id, BatchRow.queued > 0)
    is_it = EditionRow.status.in_(CALLED_OFF)
    return tuple(session.scalars(select(EditionRow.id).where(is_it, is_left)))


def status(session: Session, edition_id: int) -> EditionStatus:
    """Return the state that the edition is in."""
    wanted = select(EditionRow.status).where(EditionRow.id == edition_id)
    return EditionStatus(session.scalars(wanted).one())


def decisions(session: Session, edition_id: int) -> tuple[Decision, ...]:
    """Return what was decided on every article of the window: the stories first, then by score."""
    rows = session.execute(
        select(*articles.COLUMNS, DecisionRow.is_in, DecisionRow.score, DecisionRow.reason)
        .add_columns(StoryRow.position.label("story"))
        .join(DecisionRow, DecisionRow.article_id == ArticleRow.id)
        .outerjoin(StoryRow, StoryRow.id == DecisionRow.story_id)
        .where(DecisionRow.edition_id == edition_id)
        .order_by(
            StoryRow.position.nulls_last(),
            DecisionRow.is_lead.desc(),
            DecisionRow.score.desc(),
            ArticleRow.url,
        )
    )
    return tuple(
        Decision(
            article=articles.article(row),
            is_in=row.is_in,
            score=row.score,
            reason=row.reason,
            story=row.story,
        )
        for row in rows
    )


def _next_number(newsletter_id: int) -> Any:
    highest = select(func.coalesce(func.max(EditionRow.number), 0) + 1)
    return highest.where(EditionRow.newsletter_id == newsletter_id).scalar_subquery()


def _edition(session: Session, row: Row[Any]) -> Edition:
    return _value(row, _stories(session, row.id))


def _value(row: Row[Any], stories: tuple[Story, ...]) -> Edition:
    values = row._asdict()
    hold = values["hold"]
    values |= {
        "status": EditionStatus(values["status"]),
        "hold": HoldReason(hold) if hold else None,
    }
    return Edition(**values, stories=stories)


def _stories(session: Session, edition_id: int) -> tuple[Story, ...]:
    rows = session.execute(
        select(StoryRow).where(StoryRow.edition_id == edition_id).order_by(StoryRow.position)
    ).scalars()
    articles_of = _articles_by_story(session, edition_id)
    return tuple(
        Story(
            title=row.title,
            summary=row.summary,
            section=row.section,
            placement=Placement(row.placement),
            lead=articles_of[row.id][0],
            others=tuple(articles_of[row.id][1:]),
            label=Label(row.label),
            score=row.score,
            reason=row.reason,
            follows_edition_of=row.follows_edition_of,
        )
        for row in rows
    )


def _articles_by_story(session: Session, edition_id: int) -> dict[int, list[Article]]:
    """Return the articles of each story by its id, the one that stands for it first."""
    rows = session.execute(
        select(*articles.COLUMNS, DecisionRow.story_id)
        .join(DecisionRow, DecisionRow.article_id == ArticleRow.id)
        .where(DecisionRow.edition_id == edition_id, DecisionRow.is_in)
        .order_by(DecisionRow.is_lead.desc(), DecisionRow.score.desc(), ArticleRow.url)
    )
    by_story: dict[int, list[Article]] = {}
    for row in rows:
        by_story.setdefault(row.story_id, []).append(articles.article(row))
    return by_story
