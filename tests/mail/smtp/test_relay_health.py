"""Which relay is asked next, and how long one that fails is left alone. No socket, no clock."""

from collections import Counter

import pytest

from newsletter.errors import SettingsError, UnreachableError
from newsletter.mail.smtp import RelayPool, RelaySet
from newsletter.mail.smtp.relay_health import MOST_COOLDOWN_S, RelayState


def standings(*options: str) -> RelayPool:
    """Relays named a, b, … with these options."""
    names = "abcdef"[: len(options)]
    urls = [f"smtp://{name}?{one}" for name, one in zip(names, options, strict=True)]
    return RelayPool(RelaySet.parse(" ".join(urls)))


def opened(all_of_them: RelayPool, *, now: float = 0) -> tuple[RelayState, int]:
    """A connection to the relay whose turn it is."""
    found = all_of_them.choose(now)
    assert found is not None
    all_of_them.on_ready(found[0])
    return found


def failed_times(all_of_them: RelayPool, *, now: float = 0) -> float:
    """How long the only relay is left alone after it has failed once more."""
    found = all_of_them.choose(now)
    assert found is not None
    all_of_them.on_connect_failed(found[0], "no answer", now=now, since=found[1])
    return found[0].cooldown_until - now


def test_connections_are_shared_by_weight():
    ours = standings("weight=3", "weight=1", "weight=4")

    shares = Counter(opened(ours)[0].relay.host for _ in range(16))

    assert shares == {"a": 6, "b": 2, "c": 8}


def test_a_relay_is_given_no_more_connections_than_it_may_have():
    ours = standings("weight=9&connections=2", "connections=3")

    shares = Counter(opened(ours)[0].relay.host for _ in range(5))

    assert shares == {"a": 2, "b": 3}
    assert ours.choose(0) is None
    assert not ours.is_hopeless(0)


def test_a_relay_that_has_let_nobody_in_is_asked_by_one():
    ours = standings("weight=1")
    first = ours.choose(0)

    assert first is not None
    assert ours.choose(0) is None
    ours.on_ready(first[0])
    assert ours.choose(0) is not None


def test_a_relay_that_fails_is_left_alone_and_the_other_asked():
    ours = standings("weight=9", "weight=1")
    first, since = opened(ours)
    ours.on_connect_failed(first, "no answer", now=0, since=since)

    assert [opened(ours)[0].relay.host for _ in range(3)] == ["b", "b", "b"]
    assert opened(ours, now=first.cooldown_until)[0].relay.host == "a"


def test_each_failure_doubles_the_time_up_to_a_limit():
    ours, now, waits = standings(""), 0.0, []
    for _ in range(9):
        waits.append(failed_times(ours, now=now))
        now += waits[-1]

    assert waits[:4] == [5, 10, 20, 40]
    assert waits[-1] == waits[-2] == MOST_COOLDOWN_S


def test_a_relay_that_works_for_a_while_begins_anew():
    ours = standings("")
    failed_times(ours)
    failed_times(ours, now=100)
    found, since = opened(ours, now=200)
    ours.on_closed(found, answers=64, broke="", now=200, since=since)

    assert failed_times(ours, now=300) == 5


def test_the_first_break_after_an_answer_costs_nothing_and_the_second_does():
    ours = standings("")
    first, since = opened(ours)
    ours.on_closed(first, answers=3, broke="gone", now=0, since=since)
    second, since = opened(ours)
    ours.on_closed(second, answers=3, broke="gone", now=0, since=since)

    assert ours.choose(0) is None
    assert ours.choose(5) is not None


def test_a_break_without_an_answer_is_a_failure():
    ours = standings("")
    first, since = opened(ours)
    ours.on_closed(first, answers=0, broke="gone", now=0, since=since)

    assert ours.is_hopeless(0)
    assert not ours.is_hopeless(5)


def test_connections_that_break_together_are_one_failure():
    ours = standings("")
    together = [opened(ours) for _ in range(32)]
    for found, since in together:
        ours.on_closed(found, answers=5, broke="gone", now=0, since=since)

    assert ours.choose(0) is not None


def test_what_is_not_wanted_any_more_blames_nobody():
    ours = standings("connections=1")
    found = ours.choose(0)
    assert found is not None
    ours.release(found[0])

    assert ours.choose(0) is not None


def test_it_is_hopeless_only_when_nothing_is_open_either():
    ours = standings("", "")
    first, since = opened(ours)
    second, _ = opened(ours)
    ours.on_connect_failed(first, "no answer", now=0, since=since)
    ours.on_auth_rejected(second, "It refuses us.", now=0)

    assert ours.is_hopeless(0)
    assert not ours.is_hopeless(6)
    opened(ours, now=6)
    assert not ours.is_hopeless(6)


def test_a_relay_that_refuses_us_is_asked_again_less_and_less_often():
    ours, now, waits = standings(""), 0.0, []
    for _ in range(8):
        found = ours.choose(now)
        assert found is not None
        ours.on_auth_rejected(found[0], "It refuses us.", now=now)
        assert ours.is_hopeless(now)
        waits.append(found[0].cooldown_until - now)
        now = found[0].cooldown_until

    assert waits == [60, 120, 240, 480, 960, 1800, 1800, 1800]


def test_a_relay_that_refuses_what_we_send_is_barred_and_the_other_asked():
    ours = standings("weight=9", "weight=1")
    first, since = opened(ours)
    assert ours.has_other("a:25")

    ours.bar("a:25", "It refuses us.", now=0)
    ours.on_closed(first, answers=5, broke="", now=0, since=since)

    assert opened(ours)[0].relay.host == "b"
    assert not ours.has_other("b:25")
    assert opened(ours, now=60)[0].relay.host == "a"


def test_the_trouble_names_each_relay():
    ours = standings("", "")
    first, since = opened(ours)
    second, _ = opened(ours)
    ours.on_connect_failed(first, "Connection refused", now=0, since=since)
    ours.on_auth_rejected(second, "The relay b:25 refuses us.", now=0)

    trouble = ours.unavailable_error()

    assert isinstance(trouble, UnreachableError)
    assert "a:25 (Connection refused); b:25 (The relay b:25 refuses us)" in str(trouble)


def test_a_password_that_every_relay_refuses_is_a_wrong_setting():
    ours = standings("")
    ours.on_auth_rejected(opened(ours)[0], "The relay a:25 refuses us.", now=0)

    with pytest.raises(SettingsError, match=r"^The relay a:25 refuses us\.$"):
        raise ours.unavailable_error()
