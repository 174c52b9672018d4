"""The editors' sessions: which are over, and how often a password was tried."""

from datetime import timedelta

from newsletter.services.ports import Ports
from newsletter.store.accounts import editor_sessions


def end_session(ports: Ports, name: str, *, lasts: timedelta) -> None:
    """End the session of that name for every copy of its cookie, which lasts so long at most."""
    now = ports.now()
    with ports.store.begin() as session:
        editor_sessions.end_session(session, name, expires_at=now + lasts, now=now)


def is_session_ended(ports: Ports, name: str) -> bool:
    """Return whether somebody signed out of the session of that name."""
    with ports.store.begin() as session:
        return editor_sessions.is_ended(session, name)


def count_password_attempt(ports: Ports, client_network: str, *, within: timedelta) -> int:
    """Return how often a password came from this network lately, this time included.

    PostgreSQL counts: without it no editor's page can be shown, so nobody is locked out by it.
    """
    now = ports.now()
    with ports.store.begin() as session:
        return editor_sessions.count_attempt(session, client_network, since=now - within, now=now)


def forget_password_attempts(ports: Ports, client_network: str) -> None:
    """Begin to count anew for the network: somebody there knows the password."""
    with ports.store.begin() as session:
        editor_sessions.forget_attempts(session, client_network)
