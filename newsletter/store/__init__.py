"""The memory: the only package that knows SQLAlchemy. May import domain and errors.

Functions take the session first and never commit; the caller's transaction does. They give and take
the domain's values, never rows.
"""

from newsletter.store.database.engine import Line, Session, Store
from newsletter.store.database.ledger_connection import LineBrokenError

__all__ = ["Line", "LineBrokenError", "Session", "Store"]
