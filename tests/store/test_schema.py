"""The tables: what the migrations make is what the models say, and every version knows its own."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from newsletter.errors import InvalidStateError
from newsletter.store import Session
from newsletter.store.editions import newsletters
from newsletter.store.schema import METADATA, check_schema, migrate
from tests.store.builders import EVENING

pytestmark = pytest.mark.own_database

# What Alembic does not compare: the conditions of checks and of partial indexes.
CONDITIONS = text(
    "SELECT conname, pg_get_constraintdef(one.oid) FROM pg_constraint one"
    " JOIN pg_namespace ON pg_namespace.oid = connamespace WHERE nspname = :schema"
    " UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = :schema"
)


def conditions(session: Session, schema: str) -> dict[str, str]:
    """The definitions of a schema's constraints and indexes, by name."""
    rows = session.execute(CONDITIONS, {"schema": schema}).all()
    return {name: told.replace(f"{schema}.", "") for name, told in rows}


def test_the_models_are_what_the_migrations_make(session):
    context = MigrationContext.configure(session.connection(), opts={"compare_type": True})

    assert compare_metadata(context, METADATA) == []


def test_checks_keys_and_indexes_are_those_of_the_models(session):
    session.execute(text("CREATE SCHEMA modelled"))
    there = session.connection().execution_options(schema_translate_map={None: "modelled"})
    METADATA.create_all(there)

    modelled, migrated = conditions(session, "modelled"), conditions(session, "public")

    migrated = {name: told for name, told in migrated.items() if "alembic_version" not in name}
    assert len(modelled) > 40
    assert migrated == modelled


def test_migrating_again_changes_nothing(store, now):
    with store.begin() as session:
        saved = newsletters.save(session, EVENING, now=now)

    migrate(store)

    with store.begin() as session:
        assert newsletters.list_all(session) == (saved,)
    check_schema(store)


@pytest.mark.parametrize(
    ("before", "says"),
    [
        pytest.param("DROP TABLE alembic_version", "is empty", id="empty"),
        pytest.param("UPDATE alembic_version SET version_num = '9999'", "later", id="newer"),
    ],
)
def test_a_database_of_another_version_is_refused(store, before, says):
    with store.begin() as session:
        session.execute(text(before))

    with pytest.raises(InvalidStateError, match=says):
        check_schema(store)


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("UPDATE newsletter SET approval_policy = 'maybe'", id="a status nobody knows"),
        pytest.param("UPDATE newsletter SET too_few_stories_policy = ''", id="no status at all"),
    ],
)
def test_the_database_itself_refuses_what_no_status_says(store, now, statement):
    with store.begin() as session:
        newsletters.save(session, EVENING, now=now)

    with pytest.raises(IntegrityError), store.begin() as session:
        session.execute(text(statement))
