"""The guard against a network in a transaction, which watches every other test, does watch."""

import socket
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from newsletter.feeds.fetching.fetch import Fetcher
from newsletter.feeds.fetching.fetch_policy import FetchPolicy
from newsletter.mail.smtp import RelaySet, relay_connection


@pytest.fixture
def listening():
    """The port of a server that lets one connect, and says nothing."""
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        yield server.server_port


def connect(port: int) -> None:
    socket.create_connection(("127.0.0.1", port)).close()


def open_relay(port: int) -> None:
    with relay_connection(RelaySet.parse(f"smtp://127.0.0.1:{port}")):
        pass


def fetch(port: int) -> None:
    Fetcher(FetchPolicy(allow_loopback=True)).fetch(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize("use", [connect, open_relay, fetch])
def test_what_uses_the_network_in_a_transaction_fails_its_test(store, listening, use):
    """It would hold locks, and one of few connections, for as long as somebody else likes."""
    with store.begin(), pytest.raises(AssertionError, match="while a transaction is open"):
        use(listening)


def test_after_the_transaction_the_network_may_be_used(store, listening):
    """Services use it between two transactions."""
    with store.begin():
        pass

    connect(listening)
