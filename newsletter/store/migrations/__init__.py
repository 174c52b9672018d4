"""Alembic's folder: every change of the tables, in order."""
