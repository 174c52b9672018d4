"""The memory: the only package that knows SQLAlchemy. May import domain and errors.

Functions take the session first and never commit; the caller's transaction does. They give and take
the domain's values, never rows.
"""

from newsletter.store.engine import Line, Session, Store
from newsletter.store.line import LineBrokenError

__all__ = ["Line", "LineBrokenError", "Session", "Store"]
