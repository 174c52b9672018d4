"""The ledger's months: a partition each, made with its first edition and dropped whole when old."""

from datetime import date

from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

_LOCK = 0x6E6577706172  # "newpar": two plans of a new month take turns
# A drop waits for whoever reads the ledger, and everybody else waits behind it: not for long.
_BUSY_AFTER = "1s"
_IS_QUEUED = text("""
SELECT EXISTS (SELECT FROM delivery_batch
    WHERE queued > 0 AND 'delivery_' || to_char(month, 'YYYY_MM') = :partition)
""")


def ensure(session: Session, month: date) -> None:
    """Make the partition of the month, given as its first day; harmless when there is one."""
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    following = month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
    session.execute(
        text(
            f"CREATE TABLE IF NOT EXISTS {partition(month)} PARTITION OF delivery "
            f"FOR VALUES FROM ('{month}') TO ('{following}') WITH (fillfactor = 70)"
        )
    )


def exists(session: Session, on: date) -> bool:
    """Whether there is a partition for the month of that date: not made yet, or let go, if not."""
    found = session.scalars(text("SELECT to_regclass(:name)"), {"name": partition(on)})
    return found.one() is not None


def drop_before(session: Session, *, before: date) -> tuple[str, ...]:
    """The partitions that were dropped: those of months before that one.

    A month in which something is queued still is kept, and so is every one while somebody reads the
    ledger. What their batches counted stays.
    """
    every = session.scalars(
        text(
            "SELECT child.relname FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid "
            "WHERE inhparent = 'delivery'::regclass ORDER BY child.relname"
        )
    ).all()
    old = [name for name in every if name < partition(before)]
    done = [name for name in old if not session.scalars(_IS_QUEUED, {"partition": name}).one()]
    return tuple(name for name in done if _dropped(session, name))


def partition(on: date) -> str:
    """The name of the partition for the month of that date."""
    return f"delivery_{on:%Y_%m}"


def _dropped(session: Session, name: str) -> bool:
    try:
        with session.begin_nested():
            session.execute(text(f"SET LOCAL lock_timeout = '{_BUSY_AFTER}'"))
            session.execute(text(f"DROP TABLE {name}"))
    except OperationalError as error:
        if error.connection_invalidated:
            raise
        return False
    return True
