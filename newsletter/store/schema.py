"""Bringing a database's tables to what this version expects (Alembic, from inside the package)."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from newsletter.errors import InvalidStateError
from newsletter.store import account_models, delivery_models, models
from newsletter.store.database.engine import Store

METADATA = models.EditionRow.metadata  # of every table: these modules put theirs into it
assert METADATA is delivery_models.BatchRow.metadata is account_models.EndedSessionRow.metadata

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x6E6577736C  # "newsl": two processes that migrate at once take turns


def migrate(store: Store) -> None:
    """Bring the tables to this version, in one transaction. Harmless when they are."""
    config = _config()
    with store.begin() as session:
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        config.attributes["connection"] = session.connection()
        command.upgrade(config, "head")


def check_schema(store: Store) -> None:
    """Raise InvalidStateError, saying what to do, where the tables are not of this version."""
    head, known = _revisions()
    with store.begin() as session:
        found = MigrationContext.configure(session.connection()).get_current_revision()
    if found == head:
        return
    if found is None:
        raise InvalidStateError("The database is empty. Run: newsletter init")
    if found in known:
        raise InvalidStateError("The database is of an earlier version. Run: newsletter init")
    raise InvalidStateError(
        "The database is of a later version than this program. Update the program."
    )


@cache
def _revisions() -> tuple[str | None, frozenset[str]]:
    """The last revision, and all of them; read once, since the health check asks for them."""
    script = ScriptDirectory.from_config(_config())
    return script.get_current_head(), frozenset(one.revision for one in script.walk_revisions())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config
