"""The day's quota: a rolling one, for all runs together, whatever becomes of Redis."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis import Redis

from newsletter.domain.throttling.limits import SERVICE, Ask, Limits
from newsletter.throttle.shared_limiter import SLOT_S, Quota
from tests.throttle.limiter_simulation import BEGIN, PLENTY, World


def test_the_day_holds_and_says_how_long(redis_url):
    world = World(redis_url, Limits(per_day=3_000))
    runs = [world.joins(name, gmail=PLENTY) for name in "ab"]

    world.passes(60)

    assert world.count() == 3_000
    assert all(run.grants.permits[SERVICE] == 0 for run in runs)
    day = timedelta(days=1).total_seconds()
    assert day - 60 <= runs[0].grants.wait_s <= day + 2 * SLOT_S


def test_the_day_is_a_rolling_one(redis_url):
    world = World(redis_url, Limits(per_day=3_000))
    for name in "ab":
        world.joins(name, gmail=PLENTY)
    world.passes(10)

    for _ in range(30):
        world.sleeps(3600)
        world.passes(5)

    day = timedelta(days=1).total_seconds()
    assert world.most_within(day) == 3_000
    assert world.count() == 6_000


def test_a_message_counts_for_24_hours_and_a_slot(redis_url):
    world = World(redis_url, Limits(per_day=3_000))
    world.joins("a", gmail=PLENTY)
    world.passes(10)

    world.sleeps(timedelta(hours=23, minutes=59).total_seconds())
    world.passes(5)
    before = world.count()
    world.sleeps(2 * SLOT_S)
    world.passes(10)

    assert (before, world.count()) == (3_000, 6_000)


def test_permits_that_nobody_used_do_not_count_for_the_day(redis_url):
    world = World(redis_url, Limits(per_day=3_000))
    world.joins("a", gmail=1_000)
    world.passes(10)
    world.joins("b", gmail=PLENTY)
    world.passes(30)

    assert world.count(run="a") == 1_000
    assert world.count() == 3_000


@pytest.mark.parametrize("when", [0.5, 1.2, 1.6, 2, 2.4, 4])
def test_after_a_flush_the_day_is_counted_from_the_ledger(redis_url, when):
    world = World(redis_url, Limits(per_day=4_000))
    world.before = [(datetime.fromtimestamp(BEGIN, UTC) - timedelta(hours=20), 500)]
    for name in "abc":
        world.joins(name, gmail=PLENTY)
    world.passes(when)

    with Redis.from_url(redis_url) as client:
        client.flushall()
    world.passes(40)

    assert 0 < world.count() <= 3_500
    day = timedelta(days=1).total_seconds()
    world.sleeps(day)
    world.passes(20)
    assert world.most_within(day) <= 4_000


def test_after_a_flush_nobody_sends_before_all_have_told_what_the_ledger_lacks(redis_url):
    clock = [BEGIN]

    def joins(run: str) -> Quota:
        limits = Limits(per_day=10)
        return Quota(redis_url, limits, run=run, sent_lately=list, clock=lambda: clock[0])

    def permits(quota: Quota, second: float, **ask: Any) -> int:
        clock[0] = BEGIN + second
        return quota.turn(Ask(**ask), now=second).permits[SERVICE]

    wants, sent = joins("a"), joins("b")
    permits(sent, 0)
    assert permits(sent, 2, wanted={SERVICE: 6}) == 6
    permits(sent, 2.2, used=6)

    with Redis.from_url(redis_url) as client:
        client.flushall()
    at_once = permits(wants, 2.4, wanted={SERVICE: 10})
    permits(sent, 2.6)

    assert at_once == 0
    assert permits(wants, 3.5, wanted={SERVICE: 10}) == 4


def test_what_the_ledger_knows_for_long_is_counted_once_after_a_flush(redis_url):
    world = World(redis_url, Limits(per_day=4_000))
    run = world.joins("a", gmail=2_000)
    world.passes(5)
    world.passes(30)

    with Redis.from_url(redis_url) as client:
        client.flushall()
    run.backlog["gmail"] = PLENTY
    world.passes(20)

    assert world.count() == 4_000


def test_yesterdays_edition_does_not_hold_up_todays_after_a_flush(redis_url):
    world = World(redis_url, Limits(per_day=1_000))
    yesterday = datetime.fromtimestamp(BEGIN, UTC) - timedelta(hours=23)
    world.before = [(yesterday, 1_000)]
    world.joins("a", gmail=PLENTY)
    world.passes(5)
    assert world.count() == 0

    world.sleeps(3600 + 2 * SLOT_S)
    world.passes(5)

    assert world.count() == 1_000
