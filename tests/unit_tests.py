"""Which tests are unit tests, for make unit: those that start no process and open no socket.

Nobody has to say so. A test that asks for a server's fixture is none; one that starts something by
itself is marked "servers". Whoever forgets that is told: a unit test that starts a process or opens
a socket fails, in every run.
"""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

# The fixtures from which all servers and processes of the tests come.
_SERVERS = {
    *("postgres_url", "redis_server_url", "capture_relay", "refusing", "forks"),
    *("own_redis", "web", "wheel", "browser", "client"),
}
_FOLDERS = {"features", "embedded", "throttle"}  # all about processes and Redis
_EVENTS = {
    *("subprocess.Popen", "os.system", "os.fork", "os.forkpty", "os.posix_spawn"),
    *("socket.bind", "socket.connect"),
}
_is_unit_test = False


def pytest_configure(config: pytest.Config) -> None:
    """Watch what unit tests do; a hook of this kind stays until the process ends."""
    import_module("urllib3.util.connection")  # tries a socket, once, when it is imported
    sys.addaudithook(_watch)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave unread, for make unit, what holds no unit test: much would be imported for nothing."""
    if config.option.markexpr != "unit" or collection_path.suffix != ".py":
        return None
    is_all_servers = "\npytestmark = pytest.mark.servers\n" in collection_path.read_text("utf-8")
    return is_all_servers or collection_path.parent.name in _FOLDERS or None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the unit tests."""
    for item in items:
        is_about_servers = (
            item.path.parent.name in _FOLDERS
            or item.get_closest_marker("servers") is not None
            or bool(_SERVERS & set(getattr(item, "fixturenames", ())))
        )
        if not is_about_servers:
            item.add_marker(pytest.mark.unit)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Know whether what happens now is done by a unit test."""
    global _is_unit_test  # noqa: PLW0603  # an audit hook has no other way to know
    _is_unit_test = item.get_closest_marker("unit") is not None
    try:
        return (yield)
    finally:
        _is_unit_test = False


def _watch(event: str, _arguments: tuple[Any, ...]) -> None:
    if _is_unit_test and event in _EVENTS:
        pytest.fail(f"A unit test did {event}: mark it servers, or let it do without.")
