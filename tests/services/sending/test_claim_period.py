"""How long a run claims further batches: its time, and while a relay is slow with what it has."""

from newsletter.services.sending.run.ledger.claim_period import OVERTIME_S, ClaimPeriod


def begun() -> ClaimPeriod:
    period = ClaimPeriod()
    period.begin(now=100, for_s=20)
    return period


def test_it_is_open_for_its_time():
    period = begun()

    period.update({1, 2}, now=120)

    assert period.is_open


def test_it_closes_after_its_time_when_nothing_is_under_way():
    period = begun()

    period.update(set(), now=120.2)

    assert not period.is_open


def test_it_stays_open_while_the_relay_has_not_answered_what_was_under_way_at_its_end():
    period = begun()
    period.update({1, 2}, now=120.2)

    period.update({2, 3}, now=500)

    assert period.is_open
    assert not period.is_overtime(500)


def test_what_was_begun_later_does_not_keep_it_open():
    period = begun()
    period.update({1, 2}, now=120.2)
    period.update({2, 3}, now=500)

    period.update({3, 4}, now=510)

    assert not period.is_open
    assert not period.is_overtime(500 + OVERTIME_S)
    assert period.is_overtime(510 + OVERTIME_S)


def test_once_closed_it_stays_closed():
    period = begun()
    period.update(set(), now=121)

    period.update({5}, now=122)

    assert not period.is_open
