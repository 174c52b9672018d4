"""Several runs on one Redis keep to what is set, together, and fairly."""

import pytest
from redis import Redis

from newsletter.domain.pacing import (
    BURST_S,
    DOUBLE_S,
    FLOOR_PER_S,
    HOLD_S,
    MOST_SLOWED,
    SERVICE,
    Ask,
    Limits,
    slowed,
)
from newsletter.mail.quota import Quota
from tests.mail.pacing_world import BEGIN, SLOWER, YES, World

PLENTY = 10**6


def asked(url: str, run: str = "a", **limits: object) -> Quota:
    return Quota(
        url,
        Limits(**limits),  # type: ignore[arg-type]
        run=run,
        sent_lately=list,
        clock=lambda: asked.now,  # type: ignore[attr-defined]
    )


@pytest.fixture(autouse=True)
def _clock():
    asked.now = BEGIN  # type: ignore[attr-defined]


def at(seconds: float) -> float:
    asked.now = BEGIN + seconds  # type: ignore[attr-defined]
    return seconds


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


def test_a_relay_that_says_slower_slows_everything(redis_url):
    quota = asked(redis_url)

    quota.turn(Ask(slowed={SERVICE: 100.0}), now=at(0))
    for tick in range(1, 11):
        grants = quota.turn(Ask(wanted={SERVICE: 99}), now=at(tick / 10))

    assert grants.permits[SERVICE] in {4, 5, 6}


def test_so_many_slow_providers_mean_that_it_is_us(redis_url):
    quota = asked(redis_url)
    many = {f"d{number}.example": 1.0 for number in range(MOST_SLOWED)}

    assert SERVICE not in quota.turn(Ask(slowed=many, per_s=100), now=at(0)).permits
    one_more = Ask(slowed={"last.example": 1.0}, per_s=100)

    assert SERVICE in quota.turn(one_more, now=at(1)).permits


@pytest.mark.parametrize("observed", [0.0, 0.05, 3.0, 800.0])
def test_the_script_and_the_rule_in_words_agree(redis_url, observed):
    quota = asked(redis_url)
    quota.turn(Ask(slowed={"yahoo": observed}), now=at(0))
    pace = slowed(None, observed=observed, now=0)
    second = 0.0
    for wait in (HOLD_S - 1, 1, 30, 70, 20, 3 * DOUBLE_S):
        second += wait
        grants = quota.turn(Ask(slowed={"yahoo": observed}), now=at(second))
        pace = slowed(pace, observed=observed, now=second)
        told = quota._known.paces["yahoo"]
        assert (told.per_s, told.was) == pytest.approx((pace.per_s, pace.was))
        assert told.since == pytest.approx(pace.since, abs=0.01)
        assert grants.permits == {"yahoo": 0}

    over = pace.since + DOUBLE_S * 4.01
    assert pace.at(over) == float("inf")
    assert quota.turn(Ask(), now=at(over)).permits == {}
    with Redis.from_url(redis_url) as client:
        assert client.keys("newsletter:*slow") + client.keys("newsletter:*buckets") == []


def test_what_one_run_sees_of_a_provider_is_taken_for_what_each_of_them_does(redis_url):
    first, second = asked(redis_url), asked(redis_url, run="b")
    first.turn(Ask(), now=at(0))

    second.turn(Ask(slowed={"yahoo": 100.0}), now=at(0))

    assert (second._known.paces["yahoo"].was, second._known.paces["yahoo"].per_s) == (200, 100)


def test_what_was_saved_up_before_the_relay_said_slower_is_not_sent_after_it(redis_url):
    quota = asked(redis_url, per_second=100)
    quota.turn(Ask(), now=at(0))

    grants = quota.turn(Ask(slowed={SERVICE: 100.0}, wanted={SERVICE: 99}), now=at(5))

    assert grants.permits == {SERVICE: 0}


def test_permits_that_runs_keep_in_their_hands_are_no_more_than_one_bucket(redis_url):
    runs = {name: asked(redis_url, run=name, per_second=50) for name in "abcde"}
    held = dict.fromkeys(runs, 0)

    for turn in range(50):
        for name, quota in runs.items():
            ask = Ask(held={SERVICE: held[name]}, wanted={SERVICE: 100})
            held[name] += quota.turn(ask, now=at(turn / 5)).permits[SERVICE]
            assert sum(held.values()) <= 50 * BURST_S + 1

    assert sum(held.values()) >= 50


def test_who_wanted_nothing_for_long_has_saved_nothing_up(redis_url):
    busy, idle = (asked(redis_url, run=name, per_second=50) for name in "ab")
    wants = Ask(wanted={SERVICE: 100})
    for turn in range(100):
        busy.turn(wants, now=at(turn / 5))
        idle.turn(Ask(), now=at(turn / 5))

    got = [0, 0]
    for turn in range(100, 110):
        for number, quota in enumerate((busy, idle)):
            got[number] += quota.turn(wants, now=at(turn / 5)).permits[SERVICE]

    assert min(got) >= 0.4 * sum(got)


def test_nobody_waits_for_the_part_of_a_run_that_stands_still(redis_url):
    quota, still = (asked(redis_url, run=name, per_second=50) for name in "ab")
    wants = Ask(wanted={SERVICE: 100})
    for turn in range(10):
        still.turn(wants, now=at(turn / 5))
        quota.turn(wants, now=at(turn / 5))

    got = [quota.turn(wants, now=at(turn / 5)).permits[SERVICE] for turn in range(10, 50)]

    assert sum(got) >= 0.9 * 50 * 8


def test_a_share_is_given_on_only_as_the_messages_of_the_other_run_come_back(redis_url):
    first, second = (asked(redis_url, run=name, connections={"gmail": 10}) for name in "ab")
    shares = []
    first.turn(Ask(), now=at(0))
    for flying in (10, 10, 7, 5, 0):
        first.turn(Ask(in_flight={"gmail": flying}), now=at(1))
        shares.append(second.turn(Ask(), now=at(1)).shares["gmail"])

    assert shares == [0, 0, 3, 5, 5]


@pytest.mark.parametrize("cap", [1, 3, 10])
def test_shares_and_messages_in_flight_never_pass_the_cap(redis_url, cap):
    world = World(redis_url, Limits(connections={"orange": cap, "gmail": 20}))
    runs = [world.joins("a", orange=PLENTY, gmail=PLENTY)]
    world.passes(2)
    for name in "bcde":
        runs.append(world.joins(name, orange=PLENTY, gmail=PLENTY))
        world.passes(1)
    world.passes(50)
    for run in runs[:2]:
        world.leaves(run)
        world.passes(1)
    world.runs.remove(
        runs[2]
    )  # dies: its messages in flight are nobody's, its share is for a while
    world.passes(20)

    assert world.most_flying["orange"] == world.most_shares["orange"] == cap
    assert world.most_shares["gmail"] == 20
    assert min(world.count(run=name, provider="orange") for name in "abde") > 0
    assert sum(run.grants.shares["orange"] for run in world.runs) == cap


def test_a_cap_of_one_provider_holds_up_no_other(redis_url):
    world = World(redis_url, Limits(connections={"orange": 3}))
    world.joins("a", orange=PLENTY, gmail=PLENTY)

    world.passes(10)

    assert world.count(provider="gmail") >= 0.9 * 9 * 1_000 - world.count(provider="orange")
    assert 0 < world.count(provider="orange") <= 3 * 10 / 0.1


def test_a_clock_of_redis_that_was_set_back_holds_nothing_up(redis_url):
    quota = asked(redis_url, per_second=100, per_day=10_000, connections={"gmail": 10})
    asked(redis_url, run="dead").turn(Ask(), now=at(0))
    wants = Ask(wanted={SERVICE: 50}, slowed={"yahoo": 40.0})
    for tick in range(20):
        quota.turn(wants, now=at(tick / 5))

    hour = -3600.0
    at(hour)
    asked(redis_url, run="b").turn(Ask(), now=hour)
    for tick in range(1, 11):
        at(hour + tick / 5)
        grants = quota.turn(Ask(wanted={SERVICE: 50}), now=4 + tick / 5)

    assert grants.permits[SERVICE] == 20
    assert grants.runs == 2
    at(hour + 5 * DOUBLE_S)
    assert "yahoo" not in quota.turn(Ask(), now=400).permits


def test_the_clock_is_that_of_redis_where_none_is_brought(redis_url):
    limits = Limits(per_second=1000)
    quota = Quota(redis_url, limits, run="a", sent_lately=list)
    quota.turn(Ask(), now=0)

    got = 0
    while got == 0:
        got = quota.turn(Ask(wanted={SERVICE: 5}), now=0).permits[SERVICE]

    assert 0 < got <= 5
