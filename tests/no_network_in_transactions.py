"""In every test of this process: nothing connects to anybody while a transaction is open.

A transaction that waits for a relay or a web server holds its locks and its connection for as long.
PostgreSQL's own connections are libpq's, which opens no socket of Python's.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from newsletter.store import Session, Store

_open = threading.local()


def assert_no_transaction(used: socket.socket | None = None) -> None:
    """Fail when this thread has a transaction open; the socket is closed then."""
    is_open = getattr(_open, "count", 0) > 0
    if is_open and used is not None:
        used.close()
    assert not is_open, "The network is used while a transaction is open."


@pytest.fixture(autouse=True, scope="session")
def no_network_in_transactions() -> Iterator[None]:
    """Count open transactions, and have connections refused meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        begin, connect, connect_ex = Store.begin, socket.socket.connect, socket.socket.connect_ex

        @contextmanager
        def begin_counted(store: Store) -> Iterator[Session]:
            with begin(store) as session:
                _open.count = getattr(_open, "count", 0) + 1
                try:
                    yield session
                finally:
                    _open.count -= 1

        def connect_checked(self: socket.socket, address: Any) -> None:
            assert_no_transaction(self)
            connect(self, address)

        def connect_ex_checked(self: socket.socket, address: Any) -> int:
            assert_no_transaction(self)
            return connect_ex(self, address)

        patch.setattr(Store, "begin", begin_counted)
        patch.setattr(socket.socket, "connect", connect_checked)
        patch.setattr(socket.socket, "connect_ex", connect_ex_checked)
        yield
