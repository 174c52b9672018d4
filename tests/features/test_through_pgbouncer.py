"""A whole evening through PgBouncer in transaction mode, from an empty database."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from newsletter.embedded import mail_catcher
from tests.features.conftest import EVENING
from tests.features.forkserver import ForkServer
from tests.features.house import House, environment, link, parts
from tests.proxies import pgbouncer

AT = EVENING.isoformat()
LATER = "2026-03-03T18:01:00Z"


@pytest.fixture
def empty_database_url(postgres_url: str) -> Iterator[str]:
    """A database without tables, on a server whose own zone is not ours."""
    name = f"pooled_{secrets.token_hex(6)}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        connection.execute(f"ALTER DATABASE {name} SET timezone = 'Asia/Kathmandu'")
        yield make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def pooled(
    empty_database_url: str, redis_url: str, forks: ForkServer, tmp_path: Path
) -> Iterator[House]:
    """A house without tables, whose database is behind PgBouncer."""
    with (
        pgbouncer(tmp_path / "pgbouncer", empty_database_url) as url,
        mail_catcher.start(tmp_path / "relay") as relay,
    ):
        env = environment(
            NEWSLETTER_DATABASE_URL=url,
            NEWSLETTER_REDIS_URL=redis_url,
            NEWSLETTER_SMTP_URL=relay.url,
            NEWSLETTER_SECRET_KEY="a key for tests only",
            NEWSLETTER_EDITOR_PASSWORD="open sesame",
            NEWSLETTER_DATA_DIR=str(tmp_path / "data"),
        )
        house = House(env, tmp_path, mail_catcher.mail_folder(tmp_path / "relay"), forks)
        yield house
        house.end()


def test_a_whole_evening_goes_through_pgbouncer(pooled: House, feed: Path) -> None:
    everybody = [f"reader{number}@mail.example" for number in range(300)]

    pooled.ok("init", "--sender", "The Evening <evening@press.example>")
    pooled.ok("init", "--zone", "UTC")  # again, when all tables are there
    pooled.ok("subscribers", "import", "-", stdin="\n".join(everybody))
    with pooled.web() as web:
        for number in range(12):  # more often than psycopg prepares a statement after
            web.post("/n/evening/subscribe", data={"address": f"new{number}@mail.example"})
        for letter in pooled.mail():
            assert web.post(link(parts(letter)[1], "/confirm/")).status_code == 200
        health = web.get("/healthz")
    pooled.ok("collect", "--from", str(feed), "--at", AT)
    pooled.ok("compose", "--date", "2026-03-03", "--at", AT)
    pooled.worker(NEWSLETTER_AT=LATER)
    sent = pooled.ok("send", "--date", "2026-03-03", "--json", "--at", LATER).json()
    told = pooled.ok("deliveries", "list", "--json", "--at", LATER).json()

    assert health.json()["database"] == "ok"
    assert (sent["status"], sent["recipients"], sent["sent"]) == ("sent", 312, 312)
    assert "+05:45" not in str(told)
    received = [str(one["To"]) for one in pooled.mail() if one["List-Unsubscribe"]]
    assert sorted(received) == sorted(set(received))
    assert len(received) == 312
