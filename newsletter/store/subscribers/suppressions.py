"""Addresses that may not be mailed, kept as hashes that outlive the subscriber."""

import hashlib
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from newsletter.store.models import SuppressionRow

# The condition that the address in that column may not be mailed, for other queries.
IS_SUPPRESSED = (
    "EXISTS (SELECT FROM suppression AS p "
    "WHERE p.address_hash = sha256(convert_to({address_key}, 'UTF8')))"
)


def add(session: Session, address_key: str, *, reason: str, now: datetime) -> None:
    """Write down that this address may not be mailed, and why; the first reason stays."""
    hashed = hashlib.sha256(address_key.encode()).digest()
    values = {"address_hash": hashed, "reason": reason, "created_at": now}
    session.execute(insert(SuppressionRow).values(**values).on_conflict_do_nothing())


def reason(session: Session, address_key: str) -> str:
    """Why this address may not be mailed, "" when it may."""
    hashed = hashlib.sha256(address_key.encode()).digest()
    found = select(SuppressionRow.reason).where(SuppressionRow.address_hash == hashed)
    return session.scalars(found).one_or_none() or ""
