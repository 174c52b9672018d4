"""Alembic's entry: runs on the connection it was handed, within the caller's transaction."""

from alembic import context

from newsletter.store.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    compare_type=True,
)
context.run_migrations()
