"""What tells one database from another, also from the one that stood in its place."""

import secrets
from collections.abc import Iterator

import psycopg
import pytest
from alembic import command
from psycopg import sql
from sqlalchemy import make_url, text

from newsletter.store import Store
from newsletter.store.database import installation
from newsletter.store.editions import editions
from newsletter.store.schema import _config, migrate

# A newsletter, a subscription, an edition that is out, and one that is not, as version 0004 has
# them.
OLD = """
INSERT INTO newsletter (slug, name, description, topic, language, zone, sends_at, days,
    compose_lead, grace, approval, min_stories, thin_day, max_stories, sender_name,
    sender_address, reply_to, publisher, postal_address, created_at)
    VALUES ('evening', 'Evening', '', 'middle-east', 'en', 'UTC', '18:00', '{1}', '1 hour',
    '2 hours', 'automatic', 3, 'skip', 15, '', 'e@example.org', '', '', '', now());
INSERT INTO subscriber (address, address_key, name, language, zone, created_at)
    VALUES ('amal@example.org', 'amal@example.org', '', '', '', now());
INSERT INTO subscription (newsletter_id, subscriber_id, status, requested_at)
    VALUES (1, 1, 'confirmed', now());
INSERT INTO edition (newsletter_id, "on", number, status, reason, opens_at, closes_at, sends_at,
    composed_at, subject, preheader, decided_by, frozen_at) VALUES
    (1, '2026-03-02', 1, 'sent', '', now(), now(), now(), now(), 'Old', '', '', now()),
    (1, '2026-03-03', 2, 'draft', '', now(), now(), now(), now(), 'New', '', '', NULL);
"""


@pytest.fixture
def empty(postgres_url: str) -> Iterator[Store]:
    """A store on a database with no table in it."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        url = make_url(postgres_url).set(database=name)
        made = Store(url.render_as_string(hide_password=False))
        yield made
        made.dispose()
        drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
        connection.execute(drop.format(sql.Identifier(name)))


def test_two_databases_have_two_uids_and_each_keeps_its_own(store, empty):
    migrate(empty)
    found = []
    for one in (store, empty, store):
        with one.begin() as session:
            found.append(installation.ensure(session))

    assert len(found[0].uid) == 12
    assert found[0] == found[2]
    assert found[0].uid != found[1].uid
    assert (found[1].last_legacy_subscription, found[1].last_legacy_edition) == (0, 0)


def test_an_update_keeps_what_is_out_and_marks_what_is_not(empty):
    with empty.begin() as session:
        config = _config()
        config.attributes["connection"] = session.connection()
        command.upgrade(config, "0004")
        session.execute(text(OLD))

    migrate(empty)

    with empty.begin() as session:
        found = installation.ensure(session)
        new, old = editions.list_recent(session, 1)
    assert (found.last_legacy_subscription, found.last_legacy_edition) == (1, 2)
    assert (old.subject, old.uid) == ("Old", "")
    assert (new.subject, len(new.uid)) == ("New", 12)
