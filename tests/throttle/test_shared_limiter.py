"""Several runs on one Redis keep to the rate that is set, together, and fairly."""

import pytest

from newsletter.domain.throttling.limits import BURST_S, DOUBLE_S, SERVICE, Ask, Limits
from newsletter.throttle.shared_limiter import Quota
from tests.throttle.limiter_simulation import PLENTY, World


def test_where_nothing_is_set_nothing_is_limited(redis_url):
    world = World(redis_url, Limits())
    run = world.joins("a", gmail=5_000)

    world.passes(6)

    assert run.grants.permits == {}
    assert run.backlog["gmail"] == 0


@pytest.mark.parametrize("rate", [0.5, 14, 200])
@pytest.mark.parametrize("runs", [1, 3, 7])
def test_no_window_has_more_than_the_rate_and_one_bucket(redis_url, rate, runs):
    world = World(redis_url, Limits(per_second=rate))
    for number in range(runs):
        world.joins(f"run {number}", gmail=PLENTY, small=3)

    world.passes(30)

    bucket = rate * BURST_S + 1
    for window in (0.05, 0.2, 1, 5, 20):
        assert world.most_within(window) <= rate * window + bucket
    assert world.count() >= 0.9 * rate * 29


def test_a_run_that_stood_still_with_permits_in_its_hand_makes_no_burst(redis_url):
    world = World(redis_url, Limits(per_second=50))
    runs = [world.joins(name, gmail=PLENTY) for name in "abc"]
    world.passes(5)

    still = runs.pop()
    world.runs.remove(still)
    world.passes(5)
    world.runs.append(still)
    world.passes(5)

    assert world.most_within(0.5) <= 50 * 0.5 + 51


def test_every_run_gets_the_same_and_what_one_does_not_want_the_others_get(redis_url):
    world = World(redis_url, Limits(per_second=40))
    for name in "abc":
        world.joins(name, gmail=PLENTY)
    world.joins("short", gmail=40)

    world.passes(30)

    got = [world.count(run=name) for name in "abc"]
    assert max(got) - min(got) <= 0.1 * max(got)
    assert world.count(run="short") == 40
    assert sum(got) >= 0.9 * 40 * 29 - 40


def test_permits_that_runs_keep_in_their_hands_are_no_more_than_one_bucket(quotas):
    runs = {name: quotas(run=name, per_second=50) for name in "abcde"}
    held = dict.fromkeys(runs, 0)

    for turn in range(50):
        for name, quota in runs.items():
            ask = Ask(held={SERVICE: held[name]}, wanted={SERVICE: 100})
            held[name] += quota.turn(ask, now=quotas.at(turn / 5)).permits[SERVICE]
            assert sum(held.values()) <= 50 * BURST_S + 1

    assert sum(held.values()) >= 50


def test_who_wanted_nothing_for_long_has_saved_nothing_up(quotas):
    busy, idle = (quotas(run=name, per_second=50) for name in "ab")
    wants = Ask(wanted={SERVICE: 100})
    for turn in range(100):
        busy.turn(wants, now=quotas.at(turn / 5))
        idle.turn(Ask(), now=quotas.at(turn / 5))

    got = [0, 0]
    for turn in range(100, 110):
        for number, quota in enumerate((busy, idle)):
            got[number] += quota.turn(wants, now=quotas.at(turn / 5)).permits[SERVICE]

    assert min(got) >= 0.4 * sum(got)


def test_nobody_waits_for_the_part_of_a_run_that_stands_still(quotas):
    quota, still = (quotas(run=name, per_second=50) for name in "ab")
    wants = Ask(wanted={SERVICE: 100})
    for turn in range(10):
        still.turn(wants, now=quotas.at(turn / 5))
        quota.turn(wants, now=quotas.at(turn / 5))

    got = [quota.turn(wants, now=quotas.at(turn / 5)).permits[SERVICE] for turn in range(10, 50)]

    assert sum(got) >= 0.9 * 50 * 8


def test_a_clock_of_redis_that_was_set_back_holds_nothing_up(quotas):
    quota = quotas(per_second=100, per_day=10_000, connections={"gmail": 10})
    quotas(run="dead").turn(Ask(), now=quotas.at(0))
    wants = Ask(wanted={SERVICE: 50}, slowed={"yahoo": 40.0})
    for tick in range(20):
        quota.turn(wants, now=quotas.at(tick / 5))

    hour = -3600.0
    quotas.at(hour)
    quotas(run="b").turn(Ask(), now=hour)
    for tick in range(1, 11):
        quotas.at(hour + tick / 5)
        grants = quota.turn(Ask(wanted={SERVICE: 50}), now=4 + tick / 5)

    assert grants.permits[SERVICE] == 20
    assert grants.runs == 2
    quotas.at(hour + 5 * DOUBLE_S)
    assert "yahoo" not in quota.turn(Ask(), now=400).permits


def test_the_clock_is_that_of_redis_where_none_is_brought(redis_url):
    limits = Limits(per_second=1000)
    quota = Quota(redis_url, limits, run="a", sent_lately=list)
    quota.turn(Ask(), now=0)

    got = 0
    while got == 0:
        got = quota.turn(Ask(wanted={SERVICE: 5}), now=0).permits[SERVICE]

    assert 0 < got <= 5
