"""What tells this database from every other, also from one made anew in its place."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from newsletter.domain.installation import Installation
from newsletter.store.models import InstallationRow

_COLUMNS = (
    InstallationRow.uid,
    InstallationRow.last_legacy_subscription,
    InstallationRow.last_legacy_edition,
)


def ensure(session: Session) -> Installation:
    """Return the installation, made when this is the first question for it.

    Two that ask at once are told the same: the second waits for the first.
    """
    row = session.execute(select(*_COLUMNS)).one_or_none()
    if row is None:
        session.execute(insert(InstallationRow).values(id=1).on_conflict_do_nothing())
        row = session.execute(select(*_COLUMNS)).one()
    return Installation(**row._asdict())
