"""The connection to PostgreSQL, and transactions on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session, sessionmaker

from newsletter.errors import ReadOnlyError, UnreachableError
from newsletter.store.database.errors import Failure, describe_failure
from newsletter.store.database.ledger_connection import (
    ASK_PID,
    CONNECT_TIMEOUT_S,
    LedgerConnection,
    is_pooled,
)
from newsletter.store.database.url import describe_place, parse_database_url

__all__ = ["LedgerConnection", "Session", "Store"]


class RefusedStatementError(Exception):
    """What the database refused, by its names only, in place of the driver's own exception."""


class Store:
    """One database, by its URL: postgresql://user:password@host:port/name.

    Works through PgBouncer in transaction mode too: nothing is asked for at the start, behind a
    pooler nothing is prepared by name, and all that outlives a transaction is the zone, which
    PgBouncer keeps for each client. Raises SettingsError when the URL is not one of PostgreSQL.
    """

    def __init__(self, url: str, *, pool_size: int = 5) -> None:
        self.url = parse_database_url(url)
        self._engine = create_engine(
            self.url,
            pool_size=pool_size,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={"connect_timeout": CONNECT_TIMEOUT_S},
        )
        event.listen(self._engine, "connect", _set_up)
        self._sessions = sessionmaker(self._engine, expire_on_commit=False)

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """A session in one transaction: committed at the end, rolled back when something is raised.

        Raises UnreachableError when the database does not answer, or is not as it should be:
        read-only, full, shutting down, without our tables. What it refuses otherwise is raised as
        SQLAlchemy does, but without the statement and what was written.
        """
        is_connected = False
        try:
            with self._sessions.begin() as session:
                session.connection()
                is_connected = True
                yield session
        except (StatementError, PoolTimeoutError) as error:
            words = self._in_words(error, is_connecting=not is_connected)
            if words is error:
                raise
            raise words from None

    def line(self) -> LedgerConnection:
        """Return a connection for many single statements, each committed as it ends."""
        return LedgerConnection(self._engine)

    def check(self) -> None:
        """Ask whether the database can be written. Raises UnreachableError when it cannot."""
        if self._is_read_only():  # perhaps only where an old connection leads
            self._forget_connections()
            if self._is_read_only():
                raise ReadOnlyError(self._sentence("it can only be read"))

    def dispose(self) -> None:
        """Close every pooled connection."""
        self._engine.dispose()

    def _in_words(
        self, error: StatementError | PoolTimeoutError, *, is_connecting: bool
    ) -> Exception:
        """Return what is raised for it; the same where the database is there and refuses."""
        failure = describe_failure(error, is_connecting=is_connecting)
        # Whoever logs it, with all that it came from, has neither a statement nor a value.
        _forget_values(error, failure.reason)
        return self._away(failure) if failure.is_away else error

    def _is_read_only(self) -> bool:
        with self.begin() as session:
            return bool(session.scalars(text("SHOW transaction_read_only")).one() == "on")

    def _away(self, failure: Failure) -> UnreachableError:
        if not failure.is_read_only:
            return UnreachableError(self._sentence(failure.reason))
        self._forget_connections()
        return ReadOnlyError(self._sentence(failure.reason))

    def _forget_connections(self) -> None:
        """Let the next transaction connect anew: after a failover the name leads elsewhere."""
        self._engine.dispose()

    def _sentence(self, reason: str) -> str:
        return (
            f"The database at {describe_place(self.url)} cannot be used ({reason}). "
            "Check NEWSLETTER_DATABASE_URL, and that PostgreSQL is running."
        )


def _forget_values(error: StatementError | PoolTimeoutError, reason: str) -> None:
    """Leave the exception its kind and its place, and the reason in place of what it holds."""
    sentence = f"The database did not do it: {reason}"
    error.args = (sentence,)
    error.__cause__ = error.__context__ = None
    if isinstance(error, StatementError):
        error.statement = error.params = None
        error.detail = []
        error.orig = RefusedStatementError(sentence)


def _set_up(connection: Any, _record: object) -> None:
    """Have times come back in UTC, and statements be prepared where the server stays the same.

    As an option at the start PgBouncer would refuse the zone.
    """
    is_autocommit = connection.autocommit
    connection.autocommit = True
    try:
        connection.execute("SET TIME ZONE 'UTC'")
        row = connection.execute(ASK_PID).fetchone()
    finally:
        connection.autocommit = is_autocommit
    if is_pooled(row[0], connection):
        connection.prepare_threshold = None
