"""What is known of the editors' door: which sessions were ended, how often a password was tried."""

import hashlib
from datetime import datetime

from sqlalchemy import case, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from newsletter.store.account_models import EndedSessionRow, PasswordAttemptRow


def end_session(session: Session, name: str, *, expires_at: datetime, now: datetime) -> None:
    """Write down that the session of that name is over; forget those whose cookies are too old."""
    session.execute(delete(EndedSessionRow).where(EndedSessionRow.expires_at < now))
    values = {"session_hash": _hash(name), "expires_at": expires_at}
    session.execute(insert(EndedSessionRow).values(**values).on_conflict_do_nothing())


def is_ended(session: Session, name: str) -> bool:
    """Whether somebody signed out of the session of that name."""
    row = select(EndedSessionRow.session_hash).where(EndedSessionRow.session_hash == _hash(name))
    return session.scalars(row).one_or_none() is not None


def count_attempt(session: Session, client_network: str, *, since: datetime, now: datetime) -> int:
    """Return how often a client network has tried a password, this time included.

    It is one statement, so that many at once are counted one after another. The count begins anew
    when the first attempt was before since.
    """
    session.execute(delete(PasswordAttemptRow).where(PasswordAttemptRow.began_at < since))
    made = insert(PasswordAttemptRow).values(
        client_network=client_network, attempts=1, began_at=now
    )
    is_stale = PasswordAttemptRow.began_at < since
    counted = made.on_conflict_do_update(
        index_elements=[PasswordAttemptRow.client_network],
        set_={
            "attempts": case((is_stale, 1), else_=PasswordAttemptRow.attempts + 1),
            "began_at": case((is_stale, now), else_=PasswordAttemptRow.began_at),
        },
    ).returning(PasswordAttemptRow.attempts)
    return int(session.scalars(counted).one())


def forget_attempts(session: Session, client_network: str) -> None:
    """Begin to count anew for the network: somebody there knows the password."""
    session.execute(
        delete(PasswordAttemptRow).where(PasswordAttemptRow.client_network == client_network)
    )


def _hash(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()
