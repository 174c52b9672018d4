"""When each scheduled job last ran to its end."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from newsletter.store.models import JobRunRow


def record(session: Session, job: str, *, message: str, now: datetime) -> None:
    """Write down that the job ran, and what came of it."""
    values = {"ran_at": now, "message": message}
    made = insert(JobRunRow).values(job=job, **values)
    session.execute(made.on_conflict_do_update(index_elements=[JobRunRow.job], set_=values))


def list_all(session: Session) -> dict[str, tuple[datetime, str]]:
    """When each job last ran and what it said, by its name."""
    rows = session.execute(
        select(JobRunRow.job, JobRunRow.ran_at, JobRunRow.message).order_by(JobRunRow.job)
    )
    return {row.job: (row.ran_at, row.message) for row in rows}
