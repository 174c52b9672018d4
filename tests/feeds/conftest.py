"""A web server for what a test serves, and the policy that lets a fetch reach it."""

from collections.abc import Iterator

import pytest

from newsletter.feeds.fetching.fetch import Fetcher
from newsletter.feeds.fetching.fetch_policy import FetchPolicy
from tests.patience import HANGS_S
from tests.servers import WebServer, web_server


@pytest.fixture
def web() -> Iterator[WebServer]:
    with web_server() as server:
        yield server


@pytest.fixture
def policy() -> FetchPolicy:
    return FetchPolicy(allow_loopback=True, timeout_s=HANGS_S)


@pytest.fixture
def fetcher(policy: FetchPolicy) -> Fetcher:
    return Fetcher(policy)
