"""Real servers for the tests: one PostgreSQL, one database and one Redis for each worker.

A test is marked "unit" by itself when it asks for none of them and is not marked "servers".
"""

from collections.abc import Iterator
from copy import copy
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from newsletter.embedded import postgres, redis
from newsletter.store import Store
from newsletter.store.schema import migrate
from tests.databases import SharedDatabase, database, with_name

pytest_plugins = ["tests.unit_tests", "tests.no_network_in_transactions"]

TEMPLATE = "newsletter_template"


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server of this run's own, with a migrated template database."""
    with postgres.start(tmp_path_factory.mktemp("postgres"), durable=False) as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {TEMPLATE}")
        template = Store(with_name(server.url, TEMPLATE))
        migrate(template)
        template.dispose()
        yield server.url


@pytest.fixture(scope="session")
def shared_database(postgres_url: str) -> Iterator[SharedDatabase]:
    """The database that the tests of this worker use one after the other."""
    with database(postgres_url, template=TEMPLATE) as url:
        shared = SharedDatabase(url)
        yield shared
        shared.close()


@pytest.fixture
def store_url(request: pytest.FixtureRequest, postgres_url: str) -> Iterator[str]:
    """The address of a database with all tables and nothing in them.

    A test that changes more than rows is marked own_database, and gets a new one.
    """
    if request.node.get_closest_marker("own_database"):
        with database(postgres_url, template=TEMPLATE) as url:
            yield url
        return
    shared: SharedDatabase = request.getfixturevalue("shared_database")
    shared.empty()
    yield shared.url
    shared.check()


@pytest.fixture
def store(store_url: str, shared_database: SharedDatabase) -> Iterator[Store]:
    """A store with nothing in it."""
    if store_url == shared_database.url:
        yield copy(shared_database.store)  # its connections, and nothing remembered about it
        return
    store = Store(store_url)
    yield store
    store.dispose()


@pytest.fixture(scope="session")
def redis_server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis.start(tmp_path_factory.mktemp("redis")) as server:
        yield server.url


@pytest.fixture
def redis_url(redis_server_url: str) -> str:
    """The address of a Redis-compatible server with nothing in it."""
    from redis import Redis

    with Redis.from_url(redis_server_url) as client:
        client.flushall()
    return redis_server_url


@pytest.fixture
def now() -> datetime:
    """A Tuesday evening: 17:30 UTC on 3 March 2026."""
    return datetime(2026, 3, 3, 17, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of captured data beside the checkout; the test is skipped where it is absent."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no captured data beside the checkout")
    return folder
