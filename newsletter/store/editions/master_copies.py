"""Master copies: what goes out, as it was when its edition was frozen."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from newsletter.store.models import MasterCopyRow


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterCopy:
    """An edition's inlined text with slots for the recipient."""

    subject: str
    preheader: str
    html: str
    text: str


def save(session: Session, edition_id: int, copy: MasterCopy, *, now: datetime) -> None:
    """Write the edition's master copy; one that is there already stays."""
    values = {
        "edition_id": edition_id,
        "subject": copy.subject,
        "preheader": copy.preheader,
        "html": copy.html,
        "text": copy.text,
        "created_at": now,
    }
    session.execute(insert(MasterCopyRow).values(**values).on_conflict_do_nothing())


def by_edition(session: Session, edition_id: int) -> MasterCopy | None:
    """Return the edition's master copy, None before it is frozen."""
    row = session.execute(
        select(
            MasterCopyRow.subject, MasterCopyRow.preheader, MasterCopyRow.html, MasterCopyRow.text
        ).where(MasterCopyRow.edition_id == edition_id)
    ).one_or_none()
    return MasterCopy(**row._asdict()) if row else None
