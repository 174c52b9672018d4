"""The evening by itself: real beats and real workers, and what happens when they die."""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import select

from newsletter.services.sending.deliver import CONNECTIONS
from newsletter.store import Store
from newsletter.store.delivery_models import BatchRow
from tests.features.conftest import EVENING
from tests.features.house import House
from tests.features.relays import SlowRelay, counts, slow
from tests.patience import HANGS_S, eventually

MINUTE = EVENING + timedelta(hours=1)
READERS = 120


@pytest.fixture
def slow_relay(composed: House) -> Iterator[SlowRelay]:
    with slow(composed, readers=READERS, limit=21) as relay:
        yield relay


def kill_in_mid_run(house: House, relay: SlowRelay, at: str) -> None:
    """Kill the only worker while the relay has some messages and owes the answers to others."""
    worker = house.worker(NEWSLETTER_AT=at)
    sender = house.begin("send", "--date", "2026-03-03", "--at", at, "--no-wait")
    assert eventually(lambda: len(relay.taken) > 20)
    os.kill(worker.pid, signal.SIGKILL)
    sender.wait(HANGS_S)
    relay.limit = None


def test_two_beats_and_two_workers_send_one_evening_once(composed: House) -> None:
    shortly_before = (MINUTE - timedelta(seconds=20)).isoformat()
    for _ in range(2):
        composed.worker(NEWSLETTER_AT=shortly_before)
        composed.beat(NEWSLETTER_AT=shortly_before)

    assert eventually(lambda: len(composed.mail()) >= 3)

    later = (MINUTE + timedelta(minutes=3)).isoformat()
    assert counts(composed, later) == {"sent": 3}
    assert Counter(str(message["To"]) for message in composed.mail()).most_common(1)[0][1] == 1
    told = composed.ok("status", "--json", "--at", later).json()
    assert told["newsletters"][0]["editions"][0]["status"] == "sent"
    assert set(told["jobs"]) == {"collect", "compose", "dispatch", "recover", "retain"}


def test_a_worker_killed_in_mid_run_costs_nobody_a_second_mail(
    composed: House, slow_relay: SlowRelay
) -> None:
    at = MINUTE.isoformat()
    kill_in_mid_run(composed, slow_relay, at)
    before = len(slow_relay.taken)
    after = (MINUTE + timedelta(minutes=10)).isoformat()
    composed.worker(NEWSLETTER_AT=after)
    done = composed.run("send", "--date", "2026-03-03", "--json", "--at", after)
    again = _finished(composed, after)

    assert 0 < before < READERS
    assert max(Counter(slow_relay.taken).values()) == 1
    assert again.get("uncertain", 0) <= CONNECTIONS, (
        done
    )  # one message for each connection that was open
    assert again["sent"] + again.get("uncertain", 0) == READERS
    assert len(slow_relay.taken) >= again["sent"]


def test_a_host_that_is_started_again_settles_what_its_workers_had_begun(
    composed: House, slow_relay: SlowRelay, store: Store
) -> None:
    at = MINUTE.isoformat()
    kill_in_mid_run(composed, slow_relay, at)
    # No beat asks for a recover, and the order to deliver is lost with the worker.
    composed._celery("worker", "--concurrency", "1", NEWSLETTER_AT=at)

    def is_given_back() -> bool:
        with store.begin() as session:
            return not session.scalars(select(BatchRow.lease_ends_at).where(is_held)).all()

    is_held = BatchRow.lease_ends_at.is_not(None)
    assert eventually(is_given_back)
    assert counts(composed, at).get("uncertain", 0) <= CONNECTIONS


def test_redis_may_lose_everything_in_mid_run(
    composed: House, slow_relay: SlowRelay, redis_url: str
) -> None:
    at = MINUTE.isoformat()
    composed.worker(NEWSLETTER_AT=at)
    sender = composed.begin("send", "--date", "2026-03-03", "--at", at)
    assert eventually(lambda: len(slow_relay.taken) > 10)

    with Redis.from_url(redis_url) as client:
        client.flushall()
    slow_relay.limit = None
    code = sender.wait(HANGS_S)

    assert code == 0
    assert counts(composed, at) == {"sent": READERS}
    assert sorted(slow_relay.taken) == sorted(set(slow_relay.taken))


def test_an_edition_that_is_too_late_is_held_and_says_so(composed: House) -> None:
    late = (MINUTE + timedelta(hours=5)).isoformat()
    worker = composed.worker(NEWSLETTER_AT=late)

    _tick(composed, "editions.dispatch")

    def told() -> dict[str, str]:
        status = composed.ok("status", "--json", "--at", late).json()
        edition: dict[str, str] = status["newsletters"][0]["editions"][0]
        return edition

    assert eventually(lambda: told()["status"] == "held")
    assert told()["hold"] == "late"
    assert "18:00" in told()["reason"]
    assert worker.poll() is None
    assert composed.mail() == []


def test_the_day_after_the_clocks_change_it_still_goes_out_at_its_minute(
    house: House, feed: Path
) -> None:
    house.ok("init", "--zone", "Europe/Berlin", "--time", "18:00")

    before = house.ok("status", "--json", "--at", "2026-03-28T12:00:00Z").json()
    after = house.ok("status", "--json", "--at", "2026-03-29T12:00:00Z").json()

    assert before["newsletters"][0]["next_at"] == "2026-03-28T17:00:00+00:00"
    assert after["newsletters"][0]["next_at"] == "2026-03-29T16:00:00+00:00"


def _finished(house: House, at: str) -> dict[str, int]:
    """The deliveries once nothing is queued or in work, with a recover now and then."""

    def is_finished() -> bool:
        _tick(house, "deliveries.recover")
        return not {"queued", "sending"} & set(counts(house, at))

    assert eventually(is_finished)
    return counts(house, at)


def _tick(house: House, name: str) -> None:
    """What the beat does, at once."""
    from newsletter.tasks.app import make_app

    make_app(house.env["NEWSLETTER_REDIS_URL"]).send_task(name)
