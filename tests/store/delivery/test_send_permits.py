"""Several runs on one database keep to the rate that is set, together, and fairly."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text

from newsletter.domain.throttling.limits import (
    ALL_PROVIDERS,
    BUCKET_S,
    PERMIT_LASTS_S,
    RECOVERY_DOUBLING_S,
    PermitRequest,
    SendLimits,
)
from newsletter.store.delivery import send_permits
from tests.store.delivery.throttling_simulation import BEGIN, PLENTY, World

BURST_S = BUCKET_S + PERMIT_LASTS_S
WANTS = PermitRequest(wanted={ALL_PROVIDERS: 100}, waiting=frozenset({ALL_PROVIDERS}))


def permits(world: World, run: str, request: PermitRequest = WANTS, *, at: float) -> int:
    return world.exchange(run, request, at=at).permits[ALL_PROVIDERS]


def test_where_nothing_is_set_nothing_is_limited(session):
    world = World(session, SendLimits())
    run = world.joins("a", gmail=5_000)

    world.passes(6)

    assert run.grant.permits == {}
    assert run.backlog["gmail"] == 0


@pytest.mark.parametrize("rate", [0.5, 14, 200])
@pytest.mark.parametrize("runs", [1, 5])
def test_no_window_has_more_than_the_rate_and_one_bucket(session, rate, runs):
    world = World(session, SendLimits(per_second=rate))
    for number in range(runs):
        world.joins(f"run {number}", gmail=PLENTY, small=3)

    world.passes(10)

    for window in (0.05, 0.2, 1, 5):
        assert world.most_within(window) <= rate * (window + BURST_S) + 1
    assert world.count() >= int(0.9 * rate * 9)


def test_a_run_that_stood_still_with_permits_in_its_hand_makes_no_burst(session):
    world = World(session, SendLimits(per_second=50))
    runs = [world.joins(name, gmail=PLENTY) for name in "abc"]
    world.passes(5)

    still = runs.pop()
    world.runs.remove(still)
    world.passes(5)
    still.exchanges_at = 10**9  # it goes on before its next exchange
    world.runs.append(still)
    before = world.count(run="c")
    world.passes(5)

    assert world.count(run="c") == before
    assert world.most_within(0.5) <= 50 * (0.5 + BURST_S) + 1


@pytest.mark.parametrize("rate", [2, 40])
def test_every_run_gets_the_same_and_what_one_does_not_want_the_others_get(session, rate):
    world = World(session, SendLimits(per_second=rate))
    for name in "abc":
        world.joins(name, gmail=PLENTY)
    world.joins("short", gmail=rate)
    seconds = 15 if rate == 40 else 30

    world.passes(seconds)

    got = [world.count(run=name) for name in "abc"]
    assert max(got) - min(got) <= 1 + 0.05 * max(got)
    assert world.count(run="short") == rate
    assert sum(got) >= 0.9 * rate * (seconds - 1) - rate


def test_who_wanted_nothing_for_long_has_saved_nothing_up(session):
    world = World(session, SendLimits(per_second=50))
    for turn in range(100):
        permits(world, "busy", at=turn / 5)
        permits(world, "idle", PermitRequest(), at=turn / 5 + 0.1)

    got = [0, 0]
    for turn in range(100, 110):
        got[0] += permits(world, "busy", at=turn / 5)
        got[1] += permits(world, "idle", at=turn / 5 + 0.1)

    assert min(got) >= 0.4 * sum(got)


def test_nobody_waits_for_the_part_of_a_run_that_stands_still(session):
    world = World(session, SendLimits(per_second=50))
    for turn in range(10):
        permits(world, "still", at=turn / 5)
        permits(world, "goes on", at=turn / 5)

    got = [permits(world, "goes on", at=turn / 5) for turn in range(10, 50)]

    assert sum(got) >= 0.9 * 50 * 8


def test_a_clock_that_was_set_back_holds_nothing_up(session):
    world = World(session, SendLimits(per_second=100, per_day=10_000))
    world.exchange("dead", PermitRequest(), at=0)
    world.exchange("a", PermitRequest(throttled={"yahoo": 40.0}), at=0)
    for turn in range(20):
        permits(world, "a", at=turn / 5)

    hour = -3600.0
    world.exchange("b", PermitRequest(wanted={"yahoo": 1}), at=hour)
    got = [permits(world, "a", at=hour + turn / 5) for turn in range(11)]

    assert sum(got[1:]) == pytest.approx(200, rel=0.1)
    assert world.exchange("a", PermitRequest(), at=hour + 1).runs == 2
    later = world.exchange("a", PermitRequest(), at=hour + 5 * RECOVERY_DOUBLING_S)
    assert "yahoo" not in later.rates


def test_runs_that_draw_at_the_same_moment_get_no_more_than_there_is(store):
    limits = SendLimits(per_day=500)

    def draw(number: int) -> int:
        got = 0
        for turn in range(10):
            with store.begin() as session:
                at = BEGIN + timedelta(seconds=turn)
                drawn = send_permits.exchange(session, f"run {number}", limits, WANTS, now=at)
                got += drawn.permits[ALL_PROVIDERS]
        return got

    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(draw, range(4)))

    assert sum(got) == 500


def test_the_clock_is_the_database_s_where_none_is_brought(store):
    async def draw() -> int:
        line, got = store.line(), 0
        try:
            while got == 0:
                drawn = await send_permits.exchange_alone(
                    line, "a", SendLimits(per_second=1000), WANTS
                )
                got = drawn.permits[ALL_PROVIDERS]
            await send_permits.leave_alone(line, "a")
        finally:
            line.close()
        return got

    assert 0 < asyncio.run(draw()) <= 100
    with store.begin() as session:
        assert session.scalars(text("SELECT count(*) FROM send_run")).one() == 0


def test_permits_are_drawn_where_the_rows_of_the_buckets_are_gone(store):
    """A backup that was restored without them must not leave runs waiting for ever."""
    with store.begin() as session:
        session.execute(text("DELETE FROM send_permit"))

    with store.begin() as session:
        send_permits.exchange(session, "a", SendLimits(per_second=100), WANTS, now=BEGIN)
        later = BEGIN + timedelta(seconds=1)
        drawn = send_permits.exchange(session, "a", SendLimits(per_second=100), WANTS, now=later)

    assert drawn.permits[ALL_PROVIDERS] > 0
