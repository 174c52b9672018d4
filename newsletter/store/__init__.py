"""The memory: the only package that knows SQLAlchemy. May import domain and errors.

Functions take the session first and never commit; the caller's transaction does. They give and take
the domain's values, never rows.
"""

from newsletter.store.database.engine import LedgerConnection, Session, Store
from newsletter.store.database.ledger_connection import LedgerConnectionLostError

__all__ = ["LedgerConnection", "LedgerConnectionLostError", "Session", "Store"]
