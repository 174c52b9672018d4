"""A connection for one statement that runs some hundred times a second, in an event loop."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult
from sqlalchemy import Engine

CONNECT_TIMEOUT_S = 5  # A database that takes longer to say hello is down, for the person waiting.
ASK_PID = "SELECT pg_backend_pid()"
_PLACE = re.compile(r"%\((\w+)\)s")


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

    It speaks to libpq itself, and the loop watches the socket from connecting to closing. Through a
    psycopg cursor, which has the socket watched anew for each statement, and with lists of Python
    values in place of text that PostgreSQL reads, a settlement of fifteen took three times the
    worker's processor time: 510 to 610 µs against 160 to 200, on one busy machine (decision 0013).
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._loop: asyncio.AbstractEventLoop
        self._socket = -1  # our own note: libpq closes and forgets it when the server hangs up
        self._is_direct = False
        self._prepared: dict[tuple[str, tuple[int, ...]], bytes] = {}  # names on the server
        self._results: list[PGresult] = []
        self._answer: asyncio.Future[list[PGresult]] | None = None

    async def execute(self, statement: str, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Execute one statement, a transaction by itself, and return its first row.

        Places in the statement are written %(name)s. A value that is text is read by PostgreSQL as
        the type that its place is cast to.

        Raises LedgerConnectionLostError, whatever was wrong.
        """
        numbered, names = _numbered(statement)
        try:
            connection = self._connection or await self._connect()
            adapter = Transformer(connection)
            parameters = adapter.dump_sequence(
                [values[name] for name in names], [PyFormat.TEXT] * len(names)
            )
            types = adapter.types or ()
            last = _check(await self._run(connection.pgconn, numbered, parameters, types))
            adapter.set_pgresult(last)
            return adapter.load_row(0, tuple) if last.ntuples else None
        except (psycopg.Error, OSError):
            self.close()
            raise LedgerConnectionLostError from None
        except BaseException:  # cancelled in its middle: what comes back is nobody's
            self.close()
            raise

    def close(self) -> None:
        """Hang up."""
        connection, self._connection = self._connection, None
        self._results, self._answer = [], None
        if connection is not None:
            self._loop.remove_reader(self._socket)
            connection.pgconn.finish()

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        _, words = self._engine.dialect.create_connect_args(self._engine.url)
        connection = await psycopg.AsyncConnection.connect(
            **words, connect_timeout=CONNECT_TIMEOUT_S, autocommit=True
        )
        cursor = await connection.execute(ASK_PID)
        row = await cursor.fetchone()
        self._is_direct = row is not None and not is_pooled(row[0], connection)
        self._prepared = {}
        self._connection, self._loop = connection, asyncio.get_running_loop()
        self._socket = connection.pgconn.socket
        self._loop.add_reader(self._socket, self._read, connection.pgconn)
        return connection

    async def _run(
        self,
        server: PGconn,
        statement: str,
        parameters: Sequence[Buffer | None],
        types: tuple[int, ...],
    ) -> list[PGresult]:
        """Return the results. Where the server stays the same, it keeps the statement's plan."""
        if not self._is_direct:
            server.send_query_params(statement.encode(), parameters, types)
            return await self._wait_for_answer(server)
        key = (statement, types)  # A number's type follows from its size.
        if key not in self._prepared:
            name = b"line%d" % len(self._prepared)
            server.send_prepare(name, statement.encode(), types)
            _check(await self._wait_for_answer(server))
            self._prepared[key] = name
        server.send_query_prepared(self._prepared[key], parameters)
        return await self._wait_for_answer(server)

    async def _wait_for_answer(self, server: PGconn) -> list[PGresult]:
        """Return what comes back, once all of it is there."""
        self._answer = self._loop.create_future()
        while server.flush():  # more than the socket takes at once: a settlement never is
            await _until_writable(self._loop, server.socket)
        return await self._answer

    def _read(self, server: PGconn) -> None:
        """Take what has come; the connection's end too, whether somebody waits or not."""
        try:
            server.consume_input()
            while not server.is_busy():
                result = server.get_result()
                if result is None:
                    self._give(self._results)
                    break
                self._results.append(result)
        except psycopg.Error as error:
            if self._answer is not None and not self._answer.done():
                self._answer.set_exception(error)
            self.close()

    def _give(self, results: list[PGresult]) -> None:
        answer, self._results = self._answer, []
        if answer is not None and not answer.done():
            answer.set_result(results)


async def _until_writable(loop: asyncio.AbstractEventLoop, socket: int) -> None:
    is_writable = asyncio.Event()
    loop.add_writer(socket, is_writable.set)
    try:
        await is_writable.wait()
    finally:
        loop.remove_writer(socket)


def _check(results: list[PGresult]) -> PGresult:
    """Return the last of the results. Raises psycopg.Error when the server refused."""
    if not results or results[-1].status not in {ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK}:
        raise psycopg.OperationalError
    return results[-1]


@lru_cache(maxsize=8)  # As good as one: each statement is a constant of the store's.
def _numbered(statement: str) -> tuple[str, tuple[str, ...]]:
    """Return the statement with its places as the server counts them, and their names in order."""
    names = tuple(dict.fromkeys(_PLACE.findall(statement)))
    numbers = {name: f"${number}" for number, name in enumerate(names, start=1)}
    return _PLACE.sub(lambda place: numbers[place[1]], statement), names
