"""One run's gate: who may pass, and what it has to say about it."""

import math
from dataclasses import dataclass

import pytest

from newsletter.domain.delivery.smtp_reply import Reply, SmtpStage
from newsletter.domain.throttling.gate import DEFERRALS, EAGER, SPARE, SUPPOSED_PER_S, SendGate
from newsletter.domain.throttling.limits import (
    ALL_PROVIDERS,
    PERMIT_LASTS_S,
    PermitGrant,
    PermitRequest,
)

YES = Reply(code=250)
SLOWER = Reply(code=421, text="too many connections")
GREYLISTED = Reply(code=451, enhanced="4.7.1", text="Greylisted")


@dataclass
class Seconds:
    """A clock that stands where the test puts it."""

    at: float = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def gate(seconds: Seconds) -> SendGate:
    gate = SendGate(seconds)
    gate.apply_grant(PermitGrant())
    return gate


def request_at(gate: SendGate, at: float) -> PermitRequest:
    """What the gate asks for at that second; its permits have not lapsed meanwhile."""
    gate._clock = lambda: at
    gate._granted_at = at
    return gate.make_request()


def sends(gate: SendGate, provider: str, most: int = 1000) -> int:
    count = 0
    while count < most and gate.can_send(provider):
        gate.on_start(provider)
        count += 1
    return count


def test_nothing_goes_out_before_the_first_grants():
    assert not SendGate(lambda: 0.0).can_send("gmail")


def test_without_limits_everything_may_go(gate):
    assert sends(gate, "gmail") == 1000


def test_permits_are_used_up_by_all_providers_together(gate):
    gate.apply_grant(PermitGrant(permits={ALL_PROVIDERS: 5}))

    assert [sends(gate, "gmail", 3), sends(gate, "yahoo", 3), sends(gate, "gmail", 3)] == [
        3,
        2,
        0,
    ]


def test_permits_come_on_top_of_those_in_hand(gate):
    gate.apply_grant(PermitGrant(permits={ALL_PROVIDERS: 5}))
    sends(gate, "gmail", 3)
    gate.apply_grant(PermitGrant(permits={ALL_PROVIDERS: 4}))

    assert sends(gate, "gmail") == 6


def test_a_limit_that_is_gone_is_gone(gate):
    gate.apply_grant(PermitGrant(permits={ALL_PROVIDERS: 0, "gmail": 0}))
    assert not gate.can_send("gmail")

    gate.apply_grant(PermitGrant())

    assert sends(gate, "gmail") == 1000


def test_a_slowed_provider_waits_and_the_others_go_on(gate):
    gate.apply_grant(PermitGrant(permits={"gmail": 2}))

    assert sends(gate, "gmail") == 0  # what it was given went by before it sent anything
    assert sends(gate, "yahoo", 10) == 10
    gate.apply_grant(PermitGrant(permits={"gmail": 2}))
    assert sends(gate, "gmail") == 2


def test_no_more_are_in_flight_to_a_provider_than_its_share(gate):
    gate.apply_grant(PermitGrant(connections={"orange": 3}))

    assert sends(gate, "orange") == 3
    gate.on_reply("orange", YES)
    assert sends(gate, "orange") == 1


def test_what_has_not_begun_after_all_leaves_room_for_another(gate):
    gate.apply_grant(PermitGrant(permits={ALL_PROVIDERS: 3}, connections={"orange": 3}))
    sends(gate, "orange")

    gate.on_returned("orange")

    assert sends(gate, "orange") == 1
    assert request_at(gate, 1).used == 3


def test_who_says_slower_gets_nothing_more_until_the_others_were_asked(gate):
    sends(gate, "gmail", 100)
    sends(gate, "yahoo", 100)

    gate.on_reply("gmail", SLOWER)

    assert not gate.can_send("gmail")
    assert gate.can_send("yahoo")
    assert request_at(gate, 0.5).throttled == {"gmail": 200.0}
    assert request_at(gate, 1.0).throttled == {}


def test_a_relay_that_says_slower_stops_all_until_the_others_were_asked(gate):
    sends(gate, "gmail", 100)

    gate.on_reply("gmail", Reply(code=421, stage=SmtpStage.MAIL))

    assert not gate.can_send("yahoo")
    assert request_at(gate, 0.5).throttled == {ALL_PROVIDERS: 200.0}


@pytest.mark.parametrize(
    ("replies", "is_slow"),
    [
        pytest.param([GREYLISTED] * (DEFERRALS - 1), False, id="a few"),
        pytest.param([GREYLISTED] * DEFERRALS, True, id="many in a row"),
        pytest.param(([GREYLISTED] * 3 + [YES]) * DEFERRALS, False, id="many among others"),
        pytest.param([Reply(code=550)] * DEFERRALS, False, id="refused for good"),
    ],
)
def test_many_deferrals_in_a_row_mean_slower_whatever_they_say(gate, replies, is_slow):
    for reply in replies:
        gate.on_start("gmail")
        gate.on_reply("gmail", reply)

    assert ("gmail" in request_at(gate, 1).throttled) is is_slow


def test_a_reply_that_took_some_seconds_still_finds_the_speed_it_is_about(gate):
    for turn in range(1, 26):
        sends(gate, "gmail", 20)
        request_at(gate, turn / 5)
        gate.apply_grant(PermitGrant())
    gate.on_reply("gmail", SLOWER)

    assert request_at(gate, 6.0).throttled == {"gmail": pytest.approx(100, rel=0.3)}


def test_it_wants_what_it_used_and_more_when_it_was_held_back(gate):
    gate.apply_grant(PermitGrant(permits={ALL_PROVIDERS: 100}))
    sends(gate, "gmail", 20)
    content = request_at(gate, 0.2)
    gate.apply_grant(PermitGrant(permits={ALL_PROVIDERS: 0}))
    sends(gate, "gmail")
    held_back = request_at(gate, 0.4)

    assert content.back == {ALL_PROVIDERS: 80 - 30 - SPARE}
    assert content.waiting == frozenset()
    assert content.wanted == {}
    assert held_back.waiting == {ALL_PROVIDERS}
    assert held_back.wanted == {ALL_PROVIDERS: 2 * (30 + SPARE) + EAGER}


def test_a_run_that_sends_nothing_keeps_nothing(gate):
    gate.apply_grant(PermitGrant(permits={ALL_PROVIDERS: 10}))

    request = request_at(gate, 0.2)

    assert (request.back, request.wanted) == ({ALL_PROVIDERS: 10}, {})
    assert not gate.can_send("gmail")


def test_a_run_that_stood_still_sends_nothing_of_what_it_held_and_gives_it_back(gate, seconds):
    gate.apply_grant(PermitGrant(permits={ALL_PROVIDERS: 10}))
    gate.on_start("gmail")

    seconds.at = PERMIT_LASTS_S + 0.01

    assert not gate.can_send("gmail")
    request = gate.make_request()
    assert request.back == {ALL_PROVIDERS: 9}
    assert request.wanted[ALL_PROVIDERS] > 0


def test_what_has_no_limit_does_not_lapse(gate, seconds):
    seconds.at = 60

    assert gate.can_send("gmail")


def test_a_gate_that_is_closed_gives_back_all_that_it_holds(gate):
    gate.apply_grant(PermitGrant(permits={ALL_PROVIDERS: 10, "gmail": 0}))
    sends(gate, "yahoo", 4)

    gate.close()

    assert not gate.can_send("yahoo")
    assert gate.make_request().back == {ALL_PROVIDERS: 6}


def test_permits_of_a_service_that_says_slower_go_back(gate):
    gate.apply_grant(PermitGrant(permits={ALL_PROVIDERS: 10}))
    gate.on_start("gmail")
    gate.on_reply("gmail", Reply(code=454, text="Throttling failure: Daily message quota exceeded"))

    assert request_at(gate, 0.2).back == {ALL_PROVIDERS: 9}


def test_a_permit_for_a_slowed_provider_is_not_lost_while_nothing_is_in_flight(gate):
    gate.apply_grant(PermitGrant(permits={"gmail": 0}))
    assert not gate.can_send("gmail")

    assert "gmail" in request_at(gate, 0.2).wanted
    gate.apply_grant(PermitGrant(permits={"gmail": 1}))
    gate.apply_grant(PermitGrant(permits={"gmail": 0}))

    assert gate.can_send("gmail")


def test_domains_that_were_sent_to_are_forgotten(gate):
    for number in range(10_000):
        gate.on_start(f"d{number}.example")
        gate.on_reply(f"d{number}.example", YES)
        if number % 1000 == 0:
            request_at(gate, number / 1000)
            gate.apply_grant(PermitGrant())

    assert len(gate._providers) <= 1000


def test_a_domain_that_said_slower_is_not_forgotten_before_that_is_told(gate):
    gate.on_start("d.example")
    request_at(gate, 1)
    gate.on_reply("d.example", SLOWER)
    gate.apply_grant(PermitGrant())

    assert set(request_at(gate, 2).throttled) == {"d.example"}


def test_a_slowed_provider_s_speed_is_its_pace_and_of_others_none_is_known(gate):
    gate.apply_grant(PermitGrant(permits={"gmail": 3}, rates={"gmail": 7.5}))
    sends(gate, "gmail")
    gate.apply_grant(PermitGrant(permits={"gmail": 3}, rates={"gmail": 7.5}))

    assert (gate.speed("gmail"), gate.speed("yahoo")) == (7.5, math.inf)


def test_the_speed_of_a_provider_with_a_cap_is_what_it_took_lately(gate):
    gate.apply_grant(PermitGrant(connections={"gmail": 1}))
    at_first = gate.speed("gmail")
    for second in range(1, 30):
        for _ in range(12):
            gate.on_start("gmail")
            at_first = gate.speed("gmail") if second == 1 else at_first
            gate.on_reply("gmail", YES)
        request_at(gate, second)

    assert at_first == SUPPOSED_PER_S
    assert gate.speed("gmail") == pytest.approx(12)
