"""A Redis without memory, in the middle of a run that a command waits for."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from redis import Redis, RedisError

from newsletter.embedded import redis
from tests.features.conftest import EVENING
from tests.features.house import House
from tests.features.relays import SlowRelay, slow
from tests.patience import eventually

READERS = 700  # Two batches, of which the second waits while the relay is slow with the first.
AT = (EVENING.replace(hour=18)).isoformat()
EDITION = ("--date", "2026-03-03", "--at", AT)


@pytest.fixture
def own_redis(composed: House, tmp_path: Path) -> Iterator[Redis]:
    """The house's Redis, of which this test may fill the memory."""
    with redis.start(tmp_path / "redis") as server, Redis.from_url(server.url) as client:
        composed.env["NEWSLETTER_REDIS_URL"] = server.url
        yield client
        composed.end()


@pytest.fixture
def relay(composed: House, own_redis: Redis) -> Iterator[SlowRelay]:
    with slow(composed, readers=READERS, pause_s=0.5) as made:
        yield made
        made.pause_s = 0


def fill(client: Redis) -> None:
    client.config_set("maxmemory-policy", "noeviction")
    client.config_set("maxmemory", "1mb")
    with suppress(RedisError):
        for number in range(10_000):
            client.set(f"filling:{number}", "x" * 1_000)


@pytest.mark.timeout(300)
def test_a_waiting_send_outlives_a_full_redis(
    composed: House, own_redis: Redis, relay: SlowRelay
) -> None:
    composed.worker(threads=1, NEWSLETTER_AT=AT)
    waiting = composed.begin("send", *EDITION, "--json")
    assert eventually(lambda: len(relay.taken) > 30)

    fill(own_redis)
    assert eventually(lambda: "Redis takes no tasks" in "".join(composed.said(waiting)))
    own_redis.config_set("maxmemory", 0)
    relay.pause_s = 0
    code = waiting.wait(120)

    assert code == 0
    assert len(relay.taken) == len(set(relay.taken)) == READERS
    assert "Traceback" not in "".join(composed.said(waiting))
