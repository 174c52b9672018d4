"""One run's gate: who may pass, and what it has to say about it."""

import math

import pytest

from newsletter.domain.delivery.smtp_reply import Reply, SmtpStage
from newsletter.domain.throttling.gate import DEFERRALS, EAGER, SPARE, SUPPOSED_PER_S, Pacer
from newsletter.domain.throttling.limits import SERVICE, Grants

YES = Reply(code=250)
SLOWER = Reply(code=421, text="too many connections")
GREYLISTED = Reply(code=451, enhanced="4.7.1", text="Greylisted")


@pytest.fixture
def pacer() -> Pacer:
    pacer = Pacer(now=0)
    pacer.granted(Grants())
    return pacer


def sends(pacer: Pacer, provider: str, most: int = 1000) -> int:
    count = 0
    while count < most and pacer.may(provider):
        pacer.took(provider)
        count += 1
    return count


def test_nothing_goes_out_before_the_first_grants():
    assert not Pacer(now=0).may("gmail")


def test_without_limits_everything_may_go(pacer):
    assert sends(pacer, "gmail") == 1000


def test_permits_are_used_up_by_all_providers_together(pacer):
    pacer.granted(Grants(permits={SERVICE: 5}))

    assert [sends(pacer, "gmail", 3), sends(pacer, "yahoo", 3), sends(pacer, "gmail", 3)] == [
        3,
        2,
        0,
    ]


def test_permits_come_on_top_of_those_in_hand(pacer):
    pacer.granted(Grants(permits={SERVICE: 5}))
    sends(pacer, "gmail", 3)
    pacer.granted(Grants(permits={SERVICE: 4}))

    assert sends(pacer, "gmail") == 6


def test_a_limit_that_is_gone_is_gone(pacer):
    pacer.granted(Grants(permits={SERVICE: 0, "gmail": 0}))
    assert not pacer.may("gmail")

    pacer.granted(Grants())

    assert sends(pacer, "gmail") == 1000


def test_a_slowed_provider_waits_and_the_others_go_on(pacer):
    pacer.granted(Grants(permits={"gmail": 2}))

    assert sends(pacer, "gmail") == 0  # what it was given went by before it sent anything
    assert sends(pacer, "yahoo", 10) == 10
    pacer.granted(Grants(permits={"gmail": 2}))
    assert sends(pacer, "gmail") == 2


def test_no_more_are_in_flight_to_a_provider_than_its_share(pacer):
    pacer.granted(Grants(shares={"orange": 3}))

    assert sends(pacer, "orange") == 3
    pacer.answered("orange", YES)
    assert sends(pacer, "orange") == 1
    assert pacer.asks(1).in_flight == {"orange": 3}


def test_what_has_not_begun_after_all_leaves_room_for_another(pacer):
    pacer.granted(Grants(permits={SERVICE: 3}, shares={"orange": 3}))
    sends(pacer, "orange")

    pacer.returned("orange")

    assert sends(pacer, "orange") == 1
    assert pacer.asks(1).used == 3


def test_who_says_slower_gets_nothing_more_until_the_others_were_asked(pacer):
    sends(pacer, "gmail", 100)
    sends(pacer, "yahoo", 100)

    pacer.answered("gmail", SLOWER)

    assert not pacer.may("gmail")
    assert pacer.may("yahoo")
    assert pacer.asks(0.5).slowed == {"gmail": 200.0}
    assert pacer.asks(1.0).slowed == {}


def test_a_relay_that_says_slower_stops_all_until_the_others_were_asked(pacer):
    sends(pacer, "gmail", 100)

    pacer.answered("gmail", Reply(code=421, stage=SmtpStage.MAIL))

    assert not pacer.may("yahoo")
    assert pacer.asks(0.5).slowed == {SERVICE: 200.0}


@pytest.mark.parametrize(
    ("replies", "is_slow"),
    [
        pytest.param([GREYLISTED] * (DEFERRALS - 1), False, id="a few"),
        pytest.param([GREYLISTED] * DEFERRALS, True, id="many in a row"),
        pytest.param(([GREYLISTED] * 3 + [YES]) * DEFERRALS, False, id="many among others"),
        pytest.param([Reply(code=550)] * DEFERRALS, False, id="refused for good"),
    ],
)
def test_many_deferrals_in_a_row_mean_slower_whatever_they_say(pacer, replies, is_slow):
    for reply in replies:
        pacer.took("gmail")
        pacer.answered("gmail", reply)

    assert ("gmail" in pacer.asks(1).slowed) is is_slow


def test_a_reply_that_took_some_seconds_still_finds_the_speed_it_is_about(pacer):
    for turn in range(1, 26):
        sends(pacer, "gmail", 20)
        pacer.asks(turn / 5)
        pacer.granted(Grants())
    pacer.answered("gmail", SLOWER)

    assert pacer.asks(6.0).slowed == {"gmail": pytest.approx(100, rel=0.3)}


def test_it_wants_what_it_used_and_more_when_it_was_held_back(pacer):
    pacer.granted(Grants(permits={SERVICE: 100}))
    sends(pacer, "gmail", 20)
    content = pacer.asks(0.2)
    pacer.granted(Grants(permits={SERVICE: 0}))
    sends(pacer, "gmail")
    held_back = pacer.asks(0.4)

    assert content.back == {SERVICE: 80 - 30 - SPARE}
    assert content.held == {SERVICE: 30 + SPARE}
    assert content.wanted == {}
    assert held_back.wanted == {SERVICE: 2 * (30 + SPARE) + EAGER}


def test_a_run_that_sends_nothing_keeps_nothing(pacer):
    pacer.granted(Grants(permits={SERVICE: 10}))

    ask = pacer.asks(0.2)

    assert (ask.back, ask.held, ask.wanted) == ({SERVICE: 10}, {SERVICE: 0}, {})
    assert not pacer.may("gmail")


def test_permits_of_a_service_that_says_slower_go_back(pacer):
    pacer.granted(Grants(permits={SERVICE: 10}))
    pacer.took("gmail")
    pacer.answered(
        "gmail", Reply(code=454, text="Throttling failure: Daily message quota exceeded")
    )

    assert pacer.asks(0.2).back == {SERVICE: 9}


def test_a_permit_for_a_slowed_provider_is_not_lost_while_nothing_is_in_flight(pacer):
    pacer.granted(Grants(permits={"gmail": 0}))
    assert not pacer.may("gmail")

    assert "gmail" in pacer.asks(0.2).wanted
    pacer.granted(Grants(permits={"gmail": 1}))
    pacer.granted(Grants(permits={"gmail": 0}))

    assert pacer.may("gmail")


def test_domains_that_were_sent_to_are_forgotten(pacer):
    for number in range(10_000):
        pacer.took(f"d{number}.example")
        pacer.answered(f"d{number}.example", YES)
        if number % 1000 == 0:
            pacer.asks(number / 1000)
            pacer.granted(Grants())

    assert len(pacer._lanes) <= 1000


def test_a_domain_that_said_slower_is_not_forgotten_before_that_is_told(pacer):
    pacer.took("d.example")
    pacer.asks(1)
    pacer.answered("d.example", SLOWER)
    pacer.granted(Grants())

    assert set(pacer.asks(2).slowed) == {"d.example"}


def test_a_slowed_provider_s_speed_is_its_pace_and_of_others_none_is_known(pacer):
    pacer.granted(Grants(permits={"gmail": 3}, rates={"gmail": 7.5}))
    sends(pacer, "gmail")
    pacer.granted(Grants(permits={"gmail": 3}, rates={"gmail": 7.5}))

    assert (pacer.speed("gmail"), pacer.speed("yahoo")) == (7.5, math.inf)


def test_the_speed_of_a_provider_with_a_cap_is_what_it_took_lately(pacer):
    pacer.granted(Grants(shares={"gmail": 1}))
    at_first = pacer.speed("gmail")
    for second in range(1, 30):
        for _ in range(12):
            pacer.took("gmail")
            at_first = pacer.speed("gmail") if second == 1 else at_first
            pacer.answered("gmail", YES)
        pacer.asks(second)

    assert at_first == SUPPOSED_PER_S
    assert pacer.speed("gmail") == pytest.approx(12)
