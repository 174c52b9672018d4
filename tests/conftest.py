"""Real servers for the tests: one PostgreSQL and one Redis a run, a fresh database a test."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from newsletter.embedded import postgres, redis
from newsletter.store import Store
from newsletter.store.schema import migrate

TEMPLATE = "newsletter_template"


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server of this run's own, with a migrated template database."""
    with postgres.start(tmp_path_factory.mktemp("postgres"), durable=False) as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {TEMPLATE}")
        template = Store(_named(server.url, TEMPLATE))
        migrate(template)
        template.dispose()
        yield server.url


@pytest.fixture
def store_url(postgres_url: str) -> Iterator[str]:
    """The address of a fresh database with all tables and nothing in them."""
    with database(postgres_url, template=TEMPLATE) as url:
        yield url


@contextmanager
def database(postgres_url: str, *, template: str) -> Iterator[str]:
    """The address of a database of its own that begins as a copy of the template."""
    name = f"test_{secrets.token_hex(6)}"
    make = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
    drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(make.format(sql.Identifier(name), sql.Identifier(template)))
        yield _named(postgres_url, name)
        connection.execute(drop.format(sql.Identifier(name)))


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """A store on a fresh database."""
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


def _named(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)
