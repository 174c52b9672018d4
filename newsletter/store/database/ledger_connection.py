"""A connection for one statement that runs some hundred times a second, in an event loop."""

from collections.abc import Mapping
from typing import Any

import psycopg
from sqlalchemy import Engine

CONNECT_TIMEOUT_S = 5  # A database that takes longer to say hello is down, for the person waiting.
ASK_PID = "SELECT pg_backend_pid()"
PREPARE_AFTER = 3  # Executions; then the server keeps its plan, which costs as much as its work.


def is_pooled(server_pid: int, connection: psycopg.BaseConnection[Any]) -> bool:
    """Return whether a pooler is in between, which may give each transaction another server.

    A statement that is prepared on one is unknown on the next. A pooler is told by the process id
    that it gives its clients, for their cancel requests: that is one of its own.
    """
    return server_pid != connection.info.backend_pid


class LedgerConnectionLostError(Exception):
    """The statement may have been run or not; the connection is gone, and made anew next time."""


class LedgerConnection:
    """A connection that is kept, and on which each statement is a transaction of its own.

    That is one journey, where a session takes four; and a loop that waits for it itself spares two
    threads their turns. It is one caller's at a time, and is to be closed.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: psycopg.AsyncConnection[Any] | None = None

    async def execute(self, statement: str, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Execute one statement, a transaction by itself, and return its first row.

        Raises LedgerConnectionLostError, whatever was wrong.
        """
        try:
            if self._connection is None:
                self._connection = await self._connect()
            cursor = await self._connection.execute(statement, values)
            row: tuple[Any, ...] | None = await cursor.fetchone()
        except (psycopg.Error, OSError):
            self.close()
            raise LedgerConnectionLostError from None
        except BaseException:  # cancelled in its middle: what comes back is nobody's
            self.close()
            raise
        return row

    def close(self) -> None:
        """Hang up."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.pgconn.finish()

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        _, words = self._engine.dialect.create_connect_args(self._engine.url)
        connection = await psycopg.AsyncConnection.connect(
            **words, connect_timeout=CONNECT_TIMEOUT_S, autocommit=True
        )
        cursor = await connection.execute(ASK_PID)
        row = await cursor.fetchone()
        is_direct = row is not None and not is_pooled(row[0], connection)
        connection.prepare_threshold = PREPARE_AFTER if is_direct else None
        return connection
