"""When each scheduled job last ran to its end."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from newsletter.store.models import TickRow


def record(session: Session, job: str, *, said: str, now: datetime) -> None:
    """Write down that the job ran, and what came of it."""
    values = {"ran_at": now, "said": said}
    made = insert(TickRow).values(job=job, **values)
    session.execute(made.on_conflict_do_update(index_elements=[TickRow.job], set_=values))


def every(session: Session) -> dict[str, tuple[datetime, str]]:
    """When each job last ran and what it said, by its name."""
    rows = session.execute(select(TickRow.job, TickRow.ran_at, TickRow.said).order_by(TickRow.job))
    return {row.job: (row.ran_at, row.said) for row in rows}
