"""Alembic's entry: runs on the connection it was handed, within the caller's transaction."""

from alembic import context

from newsletter.store.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    compare_type=True,
)
context.run_migrations()
