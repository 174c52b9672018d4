"""Transactions on a database that may go away at any moment."""

import psycopg
import pytest
from sqlalchemy import text

from newsletter.errors import UnreachableError
from newsletter.store import Store

pytestmark = pytest.mark.own_database


def leaving(store: Store, url: str, *, asks_again: bool) -> None:
    """A transaction whose database goes away in the middle of it."""
    with store.begin() as session:
        pid = session.scalars(text("SELECT pg_backend_pid()")).one()
        with psycopg.connect(url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        if asks_again:
            session.execute(text("SELECT 1"))


@pytest.mark.parametrize(
    "asks_again",
    [pytest.param(True, id="before a question"), pytest.param(False, id="before the commit")],
)
def test_a_database_that_goes_away_is_unreachable(store, store_url, asks_again):
    with pytest.raises(UnreachableError):
        leaving(store, store_url, asks_again=asks_again)
