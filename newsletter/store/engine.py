"""The connection to PostgreSQL, and transactions on it."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from newsletter.errors import SettingsError, UnreachableError

__all__ = ["Session", "Store"]

CONNECT_TIMEOUT_S = 5  # A database that takes longer to say hello is down, for the person waiting.


class Store:
    """One database, by its URL: postgresql://user:password@host:port/name.

    Raises SettingsError when the URL is not one of PostgreSQL.
    """

    def __init__(self, url: str, *, pool_size: int = 5) -> None:
        try:
            parsed = make_url(url)
        except ArgumentError as error:
            raise SettingsError(_not_a_url()) from error
        if parsed.get_backend_name() not in {"postgresql", "postgres"}:
            raise SettingsError(_not_a_url())
        self.url = parsed.set(drivername="postgresql+psycopg")
        self._engine = create_engine(
            self.url,
            pool_size=pool_size,
            pool_pre_ping=True,
            connect_args={"connect_timeout": CONNECT_TIMEOUT_S, "options": "-c timezone=UTC"},
        )
        self._sessions = sessionmaker(self._engine, expire_on_commit=False)

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """A session in one transaction: committed at the end, rolled back when something is raised.

        Raises UnreachableError when the database does not answer.
        """
        try:
            with self._sessions.begin() as session:
                try:
                    session.connection()
                except OperationalError as error:
                    raise UnreachableError(self._unreachable(error)) from error
                yield session
        except DBAPIError as error:
            if error.connection_invalidated:  # it went away in the middle, or at the commit
                raise UnreachableError(self._unreachable(error)) from error
            raise

    def check(self) -> None:
        """Ask the database one question. Raises UnreachableError when it does not answer."""
        with self.begin() as session:
            session.execute(text("SELECT 1"))

    def dispose(self) -> None:
        """Close every pooled connection."""
        self._engine.dispose()

    def _unreachable(self, error: DBAPIError) -> str:
        where = f"{self.url.host or 'local'}:{self.url.port or 5432}/{self.url.database}"
        said = str(error.orig).strip().splitlines()[-1] if error.orig else "no answer"
        return (
            f"The database at {where} cannot be reached ({said}). "
            "Check NEWSLETTER_DATABASE_URL, and that PostgreSQL is running."
        )


def _not_a_url() -> str:
    return (
        "NEWSLETTER_DATABASE_URL is not a PostgreSQL address. "
        "Write it as postgresql://user:password@host:5432/name."
    )
