"""A connection for one statement that runs some hundred times a second."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

from psycopg.errors import DuplicatePreparedStatement, InvalidSqlStatementName
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from newsletter.errors import UnreachableError

PREPARE_AFTER = 3  # Executions; then the server keeps its plan, which costs as much as its work.


class InWords(Protocol):
    """Makes of an error of SQLAlchemy's what is raised for it."""

    def __call__(
        self, error: StatementError | PoolTimeoutError, *, is_connecting: bool
    ) -> Exception: ...


class Line:
    """A connection that is kept, and on which each statement is a transaction of its own.

    That is one journey, where a session takes four. It is one caller's at a time, is made anew
    after it broke, and is to be closed.
    """

    def __init__(self, engine: Engine, in_words: InWords) -> None:
        self._engine = engine
        self._in_words = in_words
        self._may_prepare = True
        self._connection: Connection | None = None

    @contextmanager
    def open(self) -> Iterator[Connection]:
        """Have the connection. Raises UnreachableError when the database does not answer."""
        is_connected = self._connection is not None
        try:
            if self._connection is None:
                self._connection = self._connect()
            is_connected = True
            yield self._connection
        except (StatementError, PoolTimeoutError) as error:
            self.close()
            if isinstance(error.__cause__, (InvalidSqlStatementName, DuplicatePreparedStatement)):
                # A pooler gave this transaction a server that does not know what was prepared on
                # the last one. Nothing has happened; asked again, it goes without.
                self._may_prepare = False
                raise UnreachableError("The database forgot a prepared statement.") from None
            words = self._in_words(error, is_connecting=not is_connected)
            if words is error:
                raise
            raise words from None

    def close(self) -> None:
        """Give the connection back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(DBAPIError):
                connection.invalidate()  # what it has prepared goes with it
            connection.close()

    def _connect(self) -> Connection:
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        driver = connection.connection.driver_connection
        if driver is not None:
            driver.prepare_threshold = PREPARE_AFTER if self._may_prepare else None
        return connection
