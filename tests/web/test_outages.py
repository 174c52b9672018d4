"""A database that is away or not as it should be: pages say so, and work again by themselves."""

import logging

import psycopg
import pytest

pytestmark = pytest.mark.own_database

FORM = {"address": "amal@reader.example"}


@pytest.fixture
def database(store_url):
    with psycopg.connect(store_url, autocommit=True) as connection:
        yield connection


def test_pages_of_a_read_only_database_say_so_and_work_again_by_themselves(
    app, newsletter, database, caplog
):
    pages, name = app(smtp_url="smtp://127.0.0.1:9"), database.info.dbname
    path = f"/n/{newsletter.slug}/subscribe"
    before = pages.get("/healthz")
    pages.app.state.site.ports.store.dispose()  # as when the first server went away

    database.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with caplog.at_level(logging.INFO):
        form = pages.post(path, data=FORM)
        program = pages.post("/api/subscriptions", json=FORM)
        health = pages.get("/healthz")
        front = pages.get(f"/n/{newsletter.slug}")
    database.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    after = pages.get("/healthz")

    assert (before.status_code, after.status_code, front.status_code) == (200, 200, 200)
    assert [one.status_code for one in (form, program, health)] == [503, 503, 503]
    assert [int(one.headers["Retry-After"]) > 0 for one in (form, program, health)]
    assert health.json()["database"] == "read-only"
    assert "few minutes" in form.text
    assert "it can only be read" in caplog.text
    for text in (form.text, program.text, caplog.text):
        assert FORM["address"] not in text
        assert "INSERT" not in text


def test_pages_without_our_tables_say_so(app, newsletter, database, caplog):
    pages = app()
    database.execute("ALTER TABLE subscriber RENAME TO old_subscriber")
    database.execute("UPDATE alembic_version SET version_num = '0000'")

    with caplog.at_level(logging.INFO):
        form = pages.post(f"/n/{newsletter.slug}/subscribe", data=FORM)
        health = pages.get("/healthz")

    assert (form.status_code, health.status_code) == (503, 503)
    assert health.json()["database"] == "of another version"
    assert "newsletter init" in caplog.text
    assert "newsletter init" not in form.text


def test_a_fault_of_ours_tells_nothing_of_the_reader(app, newsletter, database, caplog):
    pages = app()
    database.execute("ALTER TABLE subscriber ADD CHECK (address NOT LIKE '%amal%')")

    with caplog.at_level(logging.INFO):
        form = pages.post(f"/n/{newsletter.slug}/subscribe", data=FORM)

    (record,) = [one for one in caplog.records if one.name.startswith("newsletter")]
    logged = logging.Formatter().format(record)
    assert form.status_code == 500
    assert "CheckViolation 23514 subscriber" in logged
    for text in (form.text, logged):
        assert "amal" not in text
        assert "INSERT INTO" not in text
