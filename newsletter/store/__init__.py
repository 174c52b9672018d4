"""The memory: the only package that knows SQLAlchemy. May import domain and errors.

Functions take the session first and never commit; the caller's transaction does. They give and take
the domain's values, never rows.
"""

from newsletter.store.engine import Connection, Line, Session, Store

__all__ = ["Connection", "Line", "Session", "Store"]
