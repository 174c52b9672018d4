"""A provider, or the relay, throttles us: all runs slow down, and find their way back."""

import pytest
from sqlalchemy import text

from newsletter.domain.throttling.limits import (
    ALL_PROVIDERS,
    BACKOFF_COOLDOWN_S,
    MAX_THROTTLED_PROVIDERS,
    MIN_RATE_PER_S,
    RECOVERY_DOUBLING_S,
    PermitRequest,
    SendLimits,
)
from tests.store.delivery.throttling_simulation import PLENTY, SLOWER, YES, World


def throttle(world: World, *, at: float, per_s: float = 100.0, name: str = "yahoo") -> float:
    """Return the rate to that provider after a run got so many messages a second to it."""
    world.exchange("a", PermitRequest(throttled={name: per_s}), at=at)
    return rate(world, at=at, name=name)


def rate(world: World, *, at: float, name: str = "yahoo") -> float:
    return world.exchange("a", PermitRequest(), at=at).rates.get(name, float("inf"))


def test_one_provider_that_throttles_us_holds_up_no_other(session):
    world = World(session, SendLimits())
    runs = [
        world.joins(name, yahoo=PLENTY, gmail=PLENTY, **{"mail.example": PLENTY}) for name in "ab"
    ]
    world.passes(3)
    before = {name: world.count(provider=name) for name in ("yahoo", "gmail")}
    assert before["yahoo"] == pytest.approx(before["gmail"], rel=0.1)

    world.answers = lambda provider: SLOWER if provider == "yahoo" else YES
    world.passes(15)

    assert world.count(provider="yahoo", since=13) <= 0.25 * before["yahoo"] / 3 * 5
    # The others have the time that yahoo had: two runs take a thousand a second each.
    assert world.count(provider="gmail", since=13) >= 0.9 * 5 * 1_000
    assert set(runs[0].grant.permits) == set(runs[1].grant.permits) == {"yahoo"}


def test_a_run_that_was_not_throttled_itself_slows_as_well(session):
    world = World(session, SendLimits())
    world.joins("throttled", yahoo=PLENTY)
    world.passes(2)
    world.answers = lambda _provider: SLOWER
    world.passes(0.5)
    world.answers = lambda _provider: YES

    world.joins("other", yahoo=PLENTY)
    world.passes(10)

    both = [world.count(run=name, since=4) for name in ("throttled", "other")]
    assert sum(both) <= 1.1 * 500 * 2 ** (10 / RECOVERY_DOUBLING_S) * 8.5
    assert both[0] == pytest.approx(both[1], rel=0.15)


def test_a_provider_that_takes_so_many_a_second_gets_about_that_and_then_all(session):
    world = World(session, SendLimits())
    taken: list[float] = []
    capacity = 20

    def answers(_provider: str):
        taken[:] = [at for at in taken if at > world.now - 1]
        if len(taken) >= capacity:
            return SLOWER
        taken.append(world.now)
        return YES

    world.answers = answers
    for name in "ab":
        world.joins(name, yahoo=PLENTY)
    world.passes(70)

    late = [sent for sent in world.sent if sent.at > 40]
    good = sum(sent.reply is YES for sent in late)
    assert good >= 0.4 * capacity * 30
    assert good >= 0.9 * len(late)

    world.sleeps(5 * RECOVERY_DOUBLING_S)
    assert rate(world, at=world.now) == float("inf")


def test_a_provider_that_refuses_everything_is_still_asked_now_and_then(session):
    world = World(session, SendLimits())
    world.answers = lambda _provider: SLOWER
    throttle(world, at=0, per_s=MIN_RATE_PER_S)
    for name in "abc":
        world.joins(name, yahoo=PLENTY)

    world.passes(60)

    assert 1 <= world.count() <= 60 * MIN_RATE_PER_S * 3


@pytest.mark.parametrize(
    ("throttled", "then", "at", "after"),
    [
        pytest.param(400.0, None, 0, 200.0, id="half of what it was"),
        pytest.param(0.0, None, 0, MIN_RATE_PER_S, id="never nothing"),
        pytest.param(16.0, 16.0, BACKOFF_COOLDOWN_S - 1, 8.0, id="twice at once"),
        pytest.param(16.0, 90.0, RECOVERY_DOUBLING_S, 8.0, id="it had doubled"),
        pytest.param(16.0, 2.0, RECOVERY_DOUBLING_S, 1.0, id="it was not used up"),
        pytest.param(16.0, 90.0, 999, 45.0, id="it had recovered long ago"),
        pytest.param(16.0, 90.0, 10**7, 45.0, id="it had recovered a quarter of a year ago"),
    ],
)
def test_a_provider_that_throttles_us_gets_half(session, throttled, then, at, after):
    world = World(session, SendLimits())
    found = throttle(world, at=0, per_s=throttled)
    if then is not None:
        found = throttle(world, at=at, per_s=then)

    assert found == pytest.approx(after * (2 ** (at / RECOVERY_DOUBLING_S) if at < 5 else 1))


def test_its_rate_doubles_each_minute_until_it_has_recovered(session):
    world = World(session, SendLimits())
    throttle(world, at=0, per_s=20.0)

    doublings = [rate(world, at=count * RECOVERY_DOUBLING_S) for count in range(5)]

    assert doublings == pytest.approx([10, 20, 40, 80, float("inf")])


def test_a_clock_that_was_set_back_speeds_nothing_up(session):
    world = World(session, SendLimits())
    throttle(world, at=0)

    assert rate(world, at=-500) == 50.0


def test_a_relay_that_throttles_us_slows_everything(session):
    world = World(session, SendLimits())
    throttle(world, at=0, name=ALL_PROVIDERS)

    wants = PermitRequest(wanted={ALL_PROVIDERS: 99})
    got = [world.exchange("a", wants, at=turn / 10).permits[ALL_PROVIDERS] for turn in range(1, 11)]

    assert sum(got) == pytest.approx(50, abs=1)


def test_so_many_throttling_providers_mean_that_it_is_us(session):
    world = World(session, SendLimits())
    many = {f"d{number}.example": 1.0 for number in range(MAX_THROTTLED_PROVIDERS)}

    first = world.exchange("a", PermitRequest(throttled=many, per_s=100), at=0)
    one_more = PermitRequest(throttled={"last.example": 1.0}, per_s=100)
    second = world.exchange("a", one_more, at=1)

    assert ALL_PROVIDERS not in first.permits
    assert second.permits[ALL_PROVIDERS] == 0
    assert "last.example" not in second.rates


def test_what_one_run_sees_of_a_provider_is_taken_for_what_each_of_them_does(session):
    world = World(session, SendLimits())
    world.exchange("b", PermitRequest(), at=0)

    assert throttle(world, at=0, per_s=100.0) == 100


def test_what_was_saved_up_before_the_relay_throttled_us_is_not_sent_after_it(session):
    world = World(session, SendLimits(per_second=100))
    world.exchange("a", PermitRequest(), at=0)

    request = PermitRequest(throttled={ALL_PROVIDERS: 100.0}, wanted={ALL_PROVIDERS: 99})

    assert world.exchange("a", request, at=5).permits == {ALL_PROVIDERS: 0}


def test_rows_that_change_with_each_exchange_stay_in_place(store):
    counts = text(
        "SELECT sum(n_tup_upd), sum(n_tup_hot_upd) FROM pg_stat_user_tables"
        " WHERE relname IN ('send_permit', 'send_run', 'send_day')"
    )
    for turn in range(50):
        with store.begin() as session:
            world = World(session, SendLimits(per_second=100))
            world.exchange("a", PermitRequest(wanted={ALL_PROVIDERS: 9}, used=9), at=turn / 5)

    with store.begin() as session:
        session.execute(text("SELECT pg_stat_force_next_flush()"))
    with store.begin() as session:
        changed, in_place = session.execute(counts).one()
    assert 0.9 * float(changed) <= in_place > 0
