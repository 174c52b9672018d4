"""A provider, or the relay, says slower: all runs slow down, and find their way back."""

import pytest
from redis import Redis

from newsletter.domain.throttling.limits import (
    DOUBLE_S,
    FLOOR_PER_S,
    HOLD_S,
    MOST_SLOWED,
    SERVICE,
    Ask,
    Limits,
    slowed,
)
from tests.throttle.limiter_simulation import BEGIN, PLENTY, SLOWER, YES, World


def test_one_provider_that_says_slower_holds_up_no_other(redis_url):
    world = World(redis_url, Limits())
    runs = [
        world.joins(name, yahoo=PLENTY, gmail=PLENTY, **{"mail.example": PLENTY}) for name in "ab"
    ]
    world.passes(3)
    before = {name: world.count(provider=name) for name in ("yahoo", "gmail")}
    assert before["yahoo"] == pytest.approx(before["gmail"], rel=0.1)

    world.answers = lambda provider: SLOWER if provider == "yahoo" else YES
    world.passes(30)

    since = BEGIN + 13
    assert world.count(provider="yahoo", since=since) <= 0.25 * before["yahoo"] / 3 * 20
    # The others have the time that yahoo had: two runs take a thousand a second each.
    assert world.count(provider="gmail", since=since) >= 0.9 * 20 * 1_000
    assert set(runs[0].grants.permits) == set(runs[1].grants.permits) == {"yahoo"}


def test_a_run_that_was_not_told_itself_slows_as_well(redis_url):
    world = World(redis_url, Limits())
    world.joins("told", yahoo=PLENTY)
    world.passes(2)
    world.answers = lambda _provider: SLOWER
    world.passes(0.5)
    world.answers = lambda _provider: YES

    world.joins("other", yahoo=PLENTY)
    world.passes(10)

    since = BEGIN + 4
    both = [world.count(run=name, since=since) for name in ("told", "other")]
    assert sum(both) <= 1.1 * 500 * 2 ** (10 / DOUBLE_S) * 8.5
    assert both[0] == pytest.approx(both[1], rel=0.15)


def test_a_provider_that_takes_so_many_a_second_gets_about_that_and_then_all(redis_url):
    world = World(redis_url, Limits())
    taken: list[float] = []
    capacity = 20

    def answers(_provider: str):
        taken[:] = [one for one in taken if one > world.now - 1]
        if len(taken) >= capacity:
            return SLOWER
        taken.append(world.now)
        return YES

    world.answers = answers
    for name in "ab":
        world.joins(name, yahoo=PLENTY)
    world.passes(240)

    late = [one for one in world.sent if one.at > BEGIN + 120]
    good = sum(one.reply is YES for one in late)
    assert good >= 0.4 * capacity * 120
    assert good >= 0.9 * len(late)

    world.answers = lambda _provider: YES
    world.passes(5 * DOUBLE_S)
    assert world.runs[0].grants.permits == {}


def test_a_provider_that_refuses_everything_is_still_asked_now_and_then(redis_url):
    world = World(redis_url, Limits())
    world.answers = lambda _provider: SLOWER
    for name in "abc":
        world.joins(name, yahoo=PLENTY)

    world.passes(200)

    last_minute = world.count(since=BEGIN + 140)
    assert 1 <= last_minute <= 60 * FLOOR_PER_S * 3


def test_a_relay_that_says_slower_slows_everything(quotas):
    quota = quotas()

    quota.turn(Ask(slowed={SERVICE: 100.0}), now=quotas.at(0))
    for tick in range(1, 11):
        grants = quota.turn(Ask(wanted={SERVICE: 99}), now=quotas.at(tick / 10))

    assert grants.permits[SERVICE] in {4, 5, 6}


def test_so_many_slow_providers_mean_that_it_is_us(quotas):
    quota = quotas()
    many = {f"d{number}.example": 1.0 for number in range(MOST_SLOWED)}

    assert SERVICE not in quota.turn(Ask(slowed=many, per_s=100), now=quotas.at(0)).permits
    one_more = Ask(slowed={"last.example": 1.0}, per_s=100)

    assert SERVICE in quota.turn(one_more, now=quotas.at(1)).permits


@pytest.mark.parametrize("observed", [0.0, 0.05, 3.0, 800.0])
def test_the_script_and_the_rule_in_words_agree(redis_url, quotas, observed):
    quota = quotas()
    quota.turn(Ask(slowed={"yahoo": observed}), now=quotas.at(0))
    pace = slowed(None, observed=observed, now=0)
    second = 0.0
    for wait in (HOLD_S - 1, 1, 30, 70, 20, 3 * DOUBLE_S):
        second += wait
        grants = quota.turn(Ask(slowed={"yahoo": observed}), now=quotas.at(second))
        pace = slowed(pace, observed=observed, now=second)
        told = quota._known.paces["yahoo"]
        assert (told.per_s, told.was) == pytest.approx((pace.per_s, pace.was))
        assert told.since == pytest.approx(pace.since, abs=0.01)
        assert grants.permits == {"yahoo": 0}

    over = pace.since + DOUBLE_S * 4.01
    assert pace.at(over) == float("inf")
    assert quota.turn(Ask(), now=quotas.at(over)).permits == {}
    with Redis.from_url(redis_url) as client:
        assert client.keys("newsletter:*slow") + client.keys("newsletter:*buckets") == []


def test_what_one_run_sees_of_a_provider_is_taken_for_what_each_of_them_does(quotas):
    first, second = quotas(), quotas(run="b")
    first.turn(Ask(), now=quotas.at(0))

    second.turn(Ask(slowed={"yahoo": 100.0}), now=quotas.at(0))

    assert (second._known.paces["yahoo"].was, second._known.paces["yahoo"].per_s) == (200, 100)


def test_what_was_saved_up_before_the_relay_said_slower_is_not_sent_after_it(quotas):
    quota = quotas(per_second=100)
    quota.turn(Ask(), now=quotas.at(0))

    grants = quota.turn(Ask(slowed={SERVICE: 100.0}, wanted={SERVICE: 99}), now=quotas.at(5))

    assert grants.permits == {SERVICE: 0}
