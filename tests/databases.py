"""Databases for the tests: one that a worker's tests share, emptied between two, and copies.

A database of its own costs a test more than most tests take: it is made, connected to and dropped.
Rows that are deleted cost a few milliseconds.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar, cast

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from newsletter.store import Store

# Whoever is in a transaction still, and so perhaps has a row, belongs to a test that is over.
_END_OTHERS = """
SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'
"""

# Foreign keys are not asked: everything goes. The ledger's months are made by the code under test.
_EMPTY = """
DO $$
DECLARE
  name text;
BEGIN
  SET LOCAL session_replication_role = replica;
  FOR name IN SELECT inhrelid::regclass FROM pg_inherits
      WHERE inhparent = 'public.delivery'::regclass LOOP
    EXECUTE 'DROP TABLE ' || name;
  END LOOP;
  FOR name IN SELECT oid::regclass FROM pg_class
      WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
        AND relname <> 'alembic_version' AND pg_relation_size(oid) > 0 LOOP
    EXECUTE 'DELETE FROM ' || name;
  END LOOP;
  PERFORM setval((schemaname || '.' || sequencename)::regclass, start_value, false)
      FROM pg_sequences WHERE last_value IS NOT NULL;
END $$
"""

# What stands in the catalogues of one schema, whatever its rows: a changed one belongs to one test.
_SHAPE = """
SELECT (SELECT version_num FROM alembic_version),
  (SELECT string_agg(attrelid::text || attname || atttypid || attnotnull, ','
     ORDER BY attrelid, attnum)
   FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
   WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition),
  (SELECT string_agg(conname, ',' ORDER BY pg_constraint.oid)
   FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
   WHERE connamespace = 'public'::regnamespace AND NOT relispartition),
  (SELECT string_agg(setconfig::text, ',') FROM pg_db_role_setting)
"""


_MONTHS = """
SELECT relname::text, pg_get_expr(relpartbound, pg_class.oid), array_to_string(reloptions, ', ')
FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
WHERE inhparent = 'public.delivery'::regclass ORDER BY relname
"""
_TABLES = """
SELECT oid::regclass::text FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
  AND relname <> 'alembic_version' AND pg_relation_size(oid) > 0 ORDER BY 1
"""
_NUMBERS = """
SELECT sequencename::text, last_value FROM pg_sequences
WHERE schemaname = 'public' AND last_value IS NOT NULL ORDER BY 1
"""

# A binary copy has a header of 19 bytes and an end of 2.
_NO_ROWS = 21

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Content:
    """All that a database holds: the ledger's months, the rows of each table, the last numbers."""

    months: tuple[tuple[str, str, str], ...]
    rows: tuple[tuple[str, bytes], ...]
    numbers: tuple[tuple[str, int], ...]


class SharedDatabase:
    """A database with all tables that many tests use one after the other."""

    by_name: ClassVar[dict[str | None, "SharedDatabase"]] = {}

    def __init__(self, url: str) -> None:
        self._memory: dict[Any, tuple[Content, Any]] = {}
        self.url = url
        self.store = Store(url)
        self.by_name[self.store.url.database] = self
        self._connection: psycopg.Connection[Any] = psycopg.connect(url, autocommit=True)
        self._shape = self._connection.execute(_SHAPE).fetchone()

    def empty(self) -> None:
        """Bring it to the state of a new one: no row, no month of the ledger, numbers from 1.

        Whoever is in the middle of a transaction is disconnected.
        """
        self._connection.execute(_END_OTHERS)
        self._connection.execute(_EMPTY)

    def check(self) -> None:
        """Fail when a test has changed more than rows: that needs a database of its own."""
        shape = self._connection.execute(_SHAPE).fetchone()
        assert shape == self._shape, "this test changes its database: mark it own_database"

    def content(self) -> Content:
        """Return all that is in it, as far as it is committed."""
        ask = self._connection.execute
        tables = [name for (name,) in ask(_TABLES).fetchall()]
        rows = ((name, self._copy_out(name)) for name in tables)
        return Content(
            months=tuple(ask(_MONTHS).fetchall()),
            rows=tuple((name, binary) for name, binary in rows if binary),
            numbers=tuple(ask(_NUMBERS).fetchall()),
        )

    def put_back(self, content: Content) -> None:
        """Have nothing in it but this."""
        self.empty()
        with self._connection.transaction():
            ask = self._connection.execute
            ask("SET LOCAL session_replication_role = replica")
            for name, bounds, options in content.months:
                ask(f"CREATE TABLE {name} PARTITION OF delivery {bounds} WITH ({options})")
            for name, binary in content.rows:
                with self._connection.cursor().copy(
                    f"COPY {name} FROM STDIN (FORMAT binary)"
                ) as to:
                    to.write(binary)
            for name, last in content.numbers:
                ask("SELECT setval(%s, %s)", (name, last))

    def remember(self, make: Callable[[], T], *key: object) -> T:
        """Return what make returned for this key when the database held what it holds now.

        The database then holds what it held after that. The first time, make does both: so the same
        evening is composed once in a worker, and not for each of its tests.
        """
        whole_key = (self.content(), repr(key))
        if whole_key in self._memory:
            content, value = self._memory[whole_key]
            self.put_back(content)
            return cast("T", value)
        value = make()
        self._memory[whole_key] = (self.content(), value)
        return value

    def _copy_out(self, table: str) -> bytes:
        statement = f"COPY {table} TO STDOUT (FORMAT binary)"
        with self._connection.cursor().copy(statement) as binary:
            whole = b"".join(map(bytes, binary))
        return b"" if len(whole) == _NO_ROWS else whole

    def close(self) -> None:
        """Leave it."""
        del self.by_name[self.store.url.database]
        self.store.dispose()
        self._connection.close()


def remembered(store: Store, make: Callable[[], T], *key: object) -> T:
    """Return what make returns; in the shared database it makes the same only once."""
    shared = SharedDatabase.by_name.get(store.url.database)
    return shared.remember(make, *key) if shared else make()


@contextmanager
def database(postgres_url: str, *, template: str) -> Iterator[str]:
    """The address of a database of its own that begins as a copy of the template."""
    name = f"test_{secrets.token_hex(6)}"
    make = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
    drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(make.format(sql.Identifier(name), sql.Identifier(template)))
        yield with_name(postgres_url, name)
        connection.execute(drop.format(sql.Identifier(name)))


def with_name(url: str, name: str) -> str:
    """The address of another database of the same server."""
    return make_url(url).set(database=name).render_as_string(hide_password=False)
