"""Newsletters: listed, looked up, made and changed."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from newsletter.domain.newsletter import (
    ApprovalPolicy,
    Newsletter,
    TooFewStoriesPolicy,
    UncertainPolicy,
)
from newsletter.errors import NotFoundError
from newsletter.store.models import NewsletterRow

_COLUMNS = tuple(c for c in NewsletterRow.__table__.c if c.name != "created_at")


def list_all(session: Session) -> tuple[Newsletter, ...]:
    """Return all newsletters, the oldest first."""
    rows = session.execute(select(*_COLUMNS).order_by(NewsletterRow.id))
    return tuple(_value(row) for row in rows)


def by_id(session: Session, newsletter_id: int) -> Newsletter:
    """Return the newsletter. Raises NotFoundError when there is none."""
    row = session.execute(select(*_COLUMNS).where(NewsletterRow.id == newsletter_id)).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no newsletter with the number {newsletter_id}.")
    return _value(row)


def by_slug(session: Session, slug: str) -> Newsletter:
    """Return the newsletter so named; with an empty slug the only one there is.

    Raises NotFoundError when there is none, or none can be meant.
    """
    known = list_all(session)
    if not known:
        raise NotFoundError("There is no newsletter yet.", hint="Make one: newsletter init")
    if not slug and len(known) == 1:
        return known[0]
    for newsletter in known:
        if newsletter.slug == slug:
            return newsletter
    names = ", ".join(newsletter.slug for newsletter in known)
    if not slug:
        raise NotFoundError(
            f"Say which newsletter is meant; there are: {names}.",
            hint="Write it behind --newsletter.",
        )
    raise NotFoundError(f"There is no newsletter called {slug!r}; there are: {names}.")


def save(session: Session, newsletter: Newsletter, *, now: datetime) -> Newsletter:
    """Make the newsletter, or change the one with its slug; return it as it is stored."""
    values = _row_values(newsletter)
    new = insert(NewsletterRow).values(**values, created_at=now)
    changed = new.on_conflict_do_update(index_elements=[NewsletterRow.slug], set_=values)
    return _value(session.execute(changed.returning(*_COLUMNS)).one())


def _row_values(newsletter: Newsletter) -> dict[str, Any]:
    values = asdict(newsletter) | {"days": sorted(newsletter.days)}
    del values["id"]
    return values


def _value(row: Row[Any]) -> Newsletter:
    values = row._asdict()
    return Newsletter(
        **values
        | {
            "days": frozenset(values["days"]),
            "approval_policy": ApprovalPolicy(values["approval_policy"]),
            "too_few_stories_policy": TooFewStoriesPolicy(values["too_few_stories_policy"]),
            "uncertain_policy": UncertainPolicy(values["uncertain_policy"]),
        }
    )
