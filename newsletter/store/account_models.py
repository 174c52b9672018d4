"""The tables of the editors' door: sessions that were ended, and passwords that were tried."""

from datetime import datetime

from sqlalchemy import Integer
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.store.database.base import Base


class EndedSessionRow(Base):
    """A session that somebody signed out of, by its hash, until its cookie is too old anyway."""

    __tablename__ = "ended_session"

    session_hash: Mapped[bytes] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime]


class PasswordAttemptRow(Base):
    """How often a password was tried from one place since began_at."""

    __tablename__ = "password_attempt"

    client_network: Mapped[str] = mapped_column(primary_key=True)
    attempts: Mapped[int] = mapped_column(Integer)
    began_at: Mapped[datetime]
