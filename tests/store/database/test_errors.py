"""A database that is not as it should be: told in words, without a statement or an address."""

import logging
import traceback

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from newsletter.errors import ReadOnlyError, SettingsError, UnreachableError
from newsletter.store import Store
from newsletter.store.database.errors import connection_reason
from newsletter.store.subscribers import suppressions
from tests.cases import for_each

pytestmark = pytest.mark.own_database

SECRET = "amal@reader.example"
WRITE = f"INSERT INTO person VALUES ('{SECRET}')"
READ = text("SELECT count(*) FROM person")


def run(store: Store, *statements: str) -> None:
    with store.begin() as session:
        for statement in statements:
            session.execute(text(statement))


@pytest.fixture
def database(store_url):
    """A superuser's own connection to the database of the test."""
    with psycopg.connect(store_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE person (address text PRIMARY KEY)")
        yield connection


@pytest.fixture
def name(database) -> str:
    return str(database.info.dbname)


@pytest.fixture
def read_only(store, database, name):
    """The store after its database was set read-only, as a server is after a failover."""
    with store.begin() as session:
        session.execute(READ)
    database.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    store.dispose()
    return store


def test_a_read_only_database_is_said_and_can_be_read(read_only, now):
    with pytest.raises(ReadOnlyError, match="it can only be read"), read_only.begin() as session:
        suppressions.add(session, SECRET, reason="complaint", now=now)
    with pytest.raises(ReadOnlyError, match="it can only be read"):
        read_only.check()
    with read_only.begin() as session:
        assert session.scalars(READ).one() == 0


def test_a_database_that_can_be_written_again_is_found_without_a_new_start(
    read_only, database, name
):
    with pytest.raises(ReadOnlyError):
        run(read_only, WRITE)
    database.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")

    run(read_only, WRITE)
    read_only.check()


def test_connections_that_died_meanwhile_are_made_anew(store, database, caplog):
    run(store, "SELECT 1")
    database.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )

    with caplog.at_level(logging.INFO):
        store.check()

    assert caplog.text == ""


@pytest.mark.parametrize(
    ("before", "statements", "said"),
    [
        pytest.param("DROP TABLE person", [WRITE], "newsletter init", id="a table is missing"),
        pytest.param(
            "ALTER TABLE person RENAME address TO home",
            ["SELECT address FROM person"],
            "newsletter init",
            id="a column is missing",
        ),
        pytest.param(
            "",
            ["SET LOCAL statement_timeout = 1", "SELECT pg_sleep(60)"],
            "longer than the server lets it",
            id="a statement takes too long",
        ),
        pytest.param(
            "",
            ["SELECT pg_terminate_backend(pg_backend_pid())"],
            "being shut down",
            id="it is shut down in the middle",
        ),
        pytest.param(
            "",
            ["DO $$ BEGIN RAISE 'no' USING ERRCODE = '53100'; END $$"],
            "its disk is full",
            id="a full disk",
        ),
        pytest.param(
            "",
            ["DO $$ BEGIN RAISE 'no' USING ERRCODE = '40P01'; END $$"],
            "the same rows",
            id="a deadlock",
        ),
        pytest.param(
            "",
            ["DO $$ BEGIN RAISE 'no' USING ERRCODE = '58030'; END $$"],
            "disk or system failed",
            id="another fault of its system",
        ),
    ],
)
def test_a_state_of_the_server_is_not_our_fault(store, database, caplog, before, statements, said):
    if before:
        database.execute(before)

    with caplog.at_level(logging.INFO), pytest.raises(UnreachableError, match=said) as error:
        run(store, *statements)

    assert leaked(error.value, SECRET, "INSERT", "SELECT", "RAISE") == []
    assert "NEWSLETTER_DATABASE_URL" in str(error.value)
    assert "Traceback" not in caplog.text


def test_somebody_else_who_holds_a_lock_is_said(store, database):
    with database.transaction():
        database.execute("LOCK TABLE person")
        with pytest.raises(UnreachableError, match="holds a lock"):
            run(store, "SET LOCAL lock_timeout = 1", WRITE)


def test_all_connections_in_use_are_said(store_url):
    store = Store(store_url, pool_size=1)
    store._engine.pool._max_overflow, store._engine.pool._timeout = 0, 0.01  # type: ignore[attr-defined]

    with store.begin(), pytest.raises(UnreachableError, match="in use"), store.begin():
        pass

    store.dispose()


def test_a_statement_that_is_refused_tells_names_and_nothing_of_what_was_written(store, database):
    run(store, WRITE)

    with pytest.raises(IntegrityError) as error:
        run(store, WRITE)

    assert "UniqueViolation 23505 person person_pkey" in str(error.value)
    assert leaked(error.value, SECRET, "INSERT") == []


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(f"SELECT '{SECRET}'::inet", id="a value of another type"),
        pytest.param(f"SELECT '{SECRET}' FROM", id="no statement at all"),
        pytest.param(f"DO $$ BEGIN RAISE '{SECRET}'; END $$", id="words of its own"),
    ],
)
def test_what_the_server_says_of_a_statement_is_not_told(store, statement):
    with pytest.raises(SQLAlchemyError) as error:
        run(store, statement)

    assert leaked(error.value, SECRET, "SELECT") == []


def test_a_value_that_cannot_be_sent_is_not_told(store, now):
    with pytest.raises(SQLAlchemyError) as error, store.begin() as session:
        suppressions.add(session, SECRET, reason=f"{SECRET}\0", now=now)

    assert leaked(error.value, SECRET, "SELECT") == []
    assert " at newsletter/store/subscribers/suppressions.py:" in str(error.value)


@for_each(
    ("words", "reason"),
    [
        pytest.param(
            'connection failed: connection to server at "127.0.0.1", port 9 failed: Connection '
            "refused\n\tIs the server running on that host and accepting TCP/IP connections?",
            "Connection refused",
            id="a hint behind it",
        ),
        pytest.param(
            'connection is bad: connection to server on socket "/run/x/.s.PGSQL.5432" failed: No '
            "such file or directory\n\tIs the server running locally and accepting connections "
            "on that socket?",
            "No such file or directory",
            id="a socket",
        ),
        pytest.param(
            'connection failed: connection to server at "db.example" (10.0.0.9), port 5432 failed: '
            'FATAL:  password authentication failed for user "news"\nconnection to server at '
            '"db.example" (10.0.0.9), port 5432 failed: FATAL:  no pg_hba.conf entry for host '
            '"10.0.0.2", user "news", database "news", no encryption',
            'password authentication failed for user "news"',
            id="with TLS and without",
        ),
        pytest.param(
            'connection failed: connection to server at "10.0.0.9", port 5432 failed: FATAL:  no '
            'pg_hba.conf entry for host "10.0.0.2", user "n", database "n", no encryption',
            'no pg_hba.conf entry for host "10.0.0.2", user "n", database "n", no encryption',
            id="only without TLS",
        ),
        pytest.param(
            'connection failed: connection to server at "10.0.0.9", port 5432 failed: FATAL:  '
            "the database system is starting up",
            "the database system is starting up",
            id="starting",
        ),
        pytest.param(
            "failed to resolve host 'db.example': [Errno -2] Name or service not known",
            "failed to resolve host 'db.example': [Errno -2] Name or service not known",
            id="no such host",
        ),
        pytest.param("connection timeout expired", "connection timeout expired", id="no answer"),
        pytest.param("", "no answer", id="nothing"),
        pytest.param(
            'connection failed: connection to server at "10.0.0.2", port 5433 failed: FATAL:  the '
            "database system is starting up\n"
            "Multiple connection attempts failed. All failures were:\n"
            "- host: 'a', port: '5432', hostaddr: '10.0.0.1': connection failed: connection to "
            'server at "10.0.0.1", port 5432 failed: Connection refused\n'
            "\tIs the server running on that host and accepting TCP/IP connections?\n"
            "- host: 'b', port: '5433', hostaddr: '10.0.0.2': connection failed: connection to "
            'server at "10.0.0.2", port 5433 failed: FATAL:  the database system is starting up',
            "10.0.0.2:5433 the database system is starting up; 10.0.0.1:5432 Connection refused",
            id="several hosts, each its own",
        ),
    ],
)
def test_the_reason_for_which_nobody_answers_is_the_line_that_says_it(words, reason):
    assert connection_reason(words) == reason


@pytest.mark.parametrize("port", ["", ":9"])
def test_several_hosts_are_tried_and_named(port):
    store = Store(f"postgresql://news:hush@127.0.0.1{port or ':9'},127.0.0.2{port or ':9'}/news")

    with pytest.raises(UnreachableError) as error, store.begin():
        pass

    assert "127.0.0.1:9,127.0.0.2:9/news cannot be used (Connection refused)" in str(error.value)


@for_each(
    ("url", "said"),
    [
        pytest.param("nonsense", "is not a PostgreSQL address", id="nonsense"),
        pytest.param("mysql://h/d", "is not a PostgreSQL address", id="MySQL"),
        pytest.param("sqlite:///d", "is not a PostgreSQL address", id="SQLite"),
        pytest.param("http://h/d", "is not a PostgreSQL address", id="the web"),
        pytest.param("postgresql://h:x/d", "is not a PostgreSQL address", id="a port in letters"),
        pytest.param("postgresql://h:99999/d", "has a port that there is not", id="no such port"),
        pytest.param("postgresql://u:p@h", "names no database", id="no database"),
        pytest.param("postgresql://u:p@h/", "names no database", id="a slash only"),
        pytest.param("postgresql://u:p@w/q@h/d", "has an @ too many", id="a bare password"),
        pytest.param(
            "postgresql://h/d?sslmod=require", "has an option that", id="a slip in an option"
        ),
    ],
)
def test_what_is_no_address_of_a_database_is_refused_in_words(url, said):
    with pytest.raises(SettingsError, match=f"NEWSLETTER_DATABASE_URL {said}"):
        Store(url)


def leaked(error: BaseException, *words: str) -> list[str]:
    """Those of the words that stand in the error as a log would show it, but for our own lines."""
    lines = "".join(traceback.format_exception(error)).splitlines()
    shown = "\n".join(line for line in lines if not line.startswith("    "))
    return [word for word in words if word in shown]
