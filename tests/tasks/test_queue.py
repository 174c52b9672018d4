"""What becomes of a task when Redis takes none: a real Redis, in each way in which it refuses."""

import logging
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
from redis import Redis, RedisError

from newsletter.embedded import redis
from newsletter.embedded.shared_server import free_port, wait_until
from newsletter.errors import UnreachableError
from newsletter.services.outages import Service, report_end
from newsletter.tasks.app import DELIVERIES
from newsletter.tasks.queue import enqueue, has_worker

BOUND_S = 30


@pytest.fixture(scope="module")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis of these tests only, since they make it refuse."""
    with redis.start(tmp_path_factory.mktemp("refusing")) as server:
        yield server.url


@pytest.fixture
def client(server_url: str) -> Iterator[Redis]:
    with Redis.from_url(server_url) as client:
        client.flushall()
        yield client


def fill(client: Redis) -> None:
    client.config_set("maxmemory-policy", "noeviction")
    client.config_set("maxmemory", "4mb")
    with suppress(RedisError):
        for number in range(10_000):
            client.set(f"filling:{number}", "x" * 10_000)
    client.config_set("maxmemory", "3mb")  # what is free in the last page does not count


def empty(client: Redis) -> None:
    client.config_set("maxmemory", 0)


def keep_busy(client: Redis) -> None:
    client.config_set("busy-reply-threshold", 1)

    def run_for_ever() -> None:
        with suppress(RedisError):
            client.eval("while true do end", 0)

    threading.Thread(target=run_for_ever, daemon=True).start()
    assert wait_until(lambda: not answers(client), timeout_s=BOUND_S)


def kill_script(client: Redis) -> None:
    client.script_kill()
    assert wait_until(lambda: answers(client), timeout_s=BOUND_S)


def answers(client: Redis) -> bool:
    with suppress(RedisError):
        return bool(client.ping())
    return False


REFUSALS = [
    pytest.param(fill, empty, id="full"),
    pytest.param(
        lambda client: client.replicaof("127.0.0.1", free_port()),
        lambda client: client.replicaof("NO", "ONE"),
        id="read-only",
    ),
    pytest.param(keep_busy, kill_script, id="busy with a script"),
    pytest.param(
        lambda client: client.acl_setuser("default", enabled=True, commands=["-@write"]),
        lambda client: client.acl_setuser("default", enabled=True, commands=["+@all"]),
        id="may not be written by us",
    ),
]


@pytest.mark.parametrize(("refuse", "relent"), REFUSALS)
def test_a_redis_that_takes_no_tasks_is_told_once_and_so_is_its_end(
    server_url, client, refuse, relent, caplog
):
    queue = enqueue(server_url)
    queue(1, [0])
    refuse(client)
    try:
        for batch in range(3):
            queue(1, [batch])
    finally:
        relent(client)
    queue(1, [7, 8])

    told = [one.getMessage() for one in caplog.records if one.name == "newsletter.tasks.queue"]
    assert [line[:20] for line in told] == ["Redis takes no tasks", "Redis takes tasks ag"]
    assert {one.levelno for one in caplog.records if "takes" in one.getMessage()} == {
        logging.WARNING
    }
    assert client.llen(DELIVERIES) == 3


@pytest.mark.parametrize(("refuse", "relent"), REFUSALS)
def test_whoever_looks_for_a_worker_hears_in_words_that_redis_takes_no_tasks(
    server_url, client, refuse, relent
):
    refuse(client)
    try:
        with pytest.raises(UnreachableError, match="NEWSLETTER_REDIS_URL"):
            has_worker(server_url, timeout_s=0.1)
    finally:
        relent(client)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param(f"redis://127.0.0.1:{free_port()}/0", id="away"),
        pytest.param(None, id="of another password"),
    ],
)
@pytest.mark.servers
def test_a_redis_that_lets_nobody_in_is_told_once(server_url, url, caplog):
    report_end(Service.REDIS)
    queue = enqueue(url or server_url.replace("redis://:", "redis://:not-"))

    queue(1, [0])
    queue(1, [0])

    report_end(Service.REDIS)
    lines = [one.getMessage()[:23] for one in caplog.records]
    assert lines[-2:] == ["Redis cannot be reached", "Redis answers again."]
    assert lines.count("Redis cannot be reached") == 1


def test_a_redis_that_was_started_anew_takes_the_next_task_at_once(server_url, client, caplog):
    queue = enqueue(server_url)
    queue(1, [0])
    client.client_kill_filter(skipme=True)  # as a restart does to who is connected

    queue(1, [1])

    assert client.llen(DELIVERIES) == 2
    assert "takes no tasks" not in caplog.text
