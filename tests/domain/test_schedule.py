"""Evening means evening, in every zone and across daylight saving."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest

from newsletter.domain import schedule
from newsletter.domain.newsletter import Newsletter
from newsletter.errors import InputError, InvalidStateError
from tests.cases import for_each

EVENING = Newsletter(id=1, slug="evening", name="Evening", sender_address="evening@example.org")


def in_zone(zone: str, at: time, **rules) -> Newsletter:
    return replace(EVENING, zone=zone, sends_at=at, **rules)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@for_each(
    ("zone", "on", "minute"),
    [
        pytest.param("UTC", "2026-03-28", "2026-03-28T18:00", id="UTC never changes"),
        pytest.param("Europe/London", "2026-03-28", "2026-03-28T18:00", id="London, winter"),
        pytest.param("Europe/London", "2026-03-29", "2026-03-29T17:00", id="London, summer begins"),
        pytest.param("Europe/London", "2026-10-25", "2026-10-25T18:00", id="London, summer ends"),
        pytest.param("America/New_York", "2026-03-07", "2026-03-07T23:00", id="New York, winter"),
        pytest.param("America/New_York", "2026-03-08", "2026-03-08T22:00", id="New York, summer"),
        pytest.param("Asia/Kathmandu", "2026-06-01", "2026-06-01T12:15", id="a quarter of an hour"),
        pytest.param("Australia/Lord_Howe", "2026-04-04", "2026-04-04T07:00", id="Lord Howe, +11"),
        pytest.param("Australia/Lord_Howe", "2026-04-05", "2026-04-05T07:30", id="Lord Howe, 10½"),
        pytest.param("Pacific/Kiritimati", "2026-06-01", "2026-06-01T04:00", id="14 hours ahead"),
        pytest.param("Pacific/Pago_Pago", "2026-06-01", "2026-06-02T05:00", id="11 hours behind"),
        pytest.param("Africa/Casablanca", "2026-02-20", "2026-02-20T18:00", id="Ramadan's clock"),
        pytest.param("Africa/Casablanca", "2026-04-20", "2026-04-20T17:00", id="after Ramadan"),
    ],
)
def test_six_in_the_evening_is_six_on_the_wall_there(zone, on, minute):
    newsletter = in_zone(zone, time(18, 0))

    assert schedule.sends_at(newsletter, date.fromisoformat(on)) == utc(minute)


@pytest.mark.parametrize(
    ("zone", "at", "on", "minute"),
    [
        pytest.param("Europe/Berlin", "02:30", "2026-03-29", "2026-03-29T01:00", id="Berlin"),
        pytest.param("America/New_York", "02:00", "2026-03-08", "2026-03-08T07:00", id="New York"),
        pytest.param("Asia/Beirut", "00:15", "2026-03-29", "2026-03-28T22:00", id="from midnight"),
        pytest.param("Asia/Beirut", "00:59", "2026-03-29", "2026-03-28T22:00", id="to its end"),
        pytest.param(
            "Australia/Lord_Howe", "02:10", "2026-10-04", "2026-10-03T15:30", id="half an hour"
        ),
        pytest.param("Africa/Cairo", "00:30", "2026-04-24", "2026-04-23T22:00", id="Cairo"),
        pytest.param("Pacific/Apia", "18:00", "2011-12-30", "2011-12-30T10:00", id="a whole day"),
    ],
)
def test_a_time_that_the_clocks_skip_goes_out_at_the_first_minute_they_show(zone, at, on, minute):
    newsletter = in_zone(zone, time.fromisoformat(at))

    assert schedule.sends_at(newsletter, date.fromisoformat(on)) == utc(minute)


@pytest.mark.parametrize(
    ("zone", "at", "on", "minute"),
    [
        pytest.param("Europe/Berlin", "02:30", "2026-10-25", "2026-10-25T00:30", id="Berlin"),
        pytest.param("America/New_York", "01:30", "2026-11-01", "2026-11-01T05:30", id="New York"),
        pytest.param(
            "Australia/Lord_Howe", "01:45", "2026-04-05", "2026-04-04T14:45", id="half an hour"
        ),
        pytest.param("Asia/Beirut", "23:30", "2026-10-24", "2026-10-24T20:30", id="at midnight"),
    ],
)
def test_a_time_that_the_clocks_show_twice_is_the_first_of_the_two(zone, at, on, minute):
    newsletter = in_zone(zone, time.fromisoformat(at))

    assert schedule.sends_at(newsletter, date.fromisoformat(on)) == utc(minute)


@for_each("zone", ["Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns"])
@for_each("at", [time(0, 0), time(1, 45), time(2, 15), time(18, 0)])
def test_there_is_one_minute_for_each_date_of_a_year_and_they_follow_one_another(zone, at):
    newsletter = in_zone(zone, at)
    dates = [date(2026, 1, 1) + timedelta(days=day) for day in range(365)]

    minutes = [schedule.sends_at(newsletter, on) for on in dates]

    apart = {later - earlier for earlier, later in pairwise(minutes)}
    assert all(timedelta(hours=22.9) < gap < timedelta(hours=25.1) for gap in apart)
    assert [schedule.local_date(newsletter, minute) for minute in minutes] == dates


def test_an_edition_is_composed_its_lead_before_it_goes_out():
    newsletter = in_zone("Asia/Beirut", time(18, 30), compose_lead=timedelta(minutes=90))

    assert schedule.composes_at(newsletter, date(2026, 1, 15)) == utc("2026-01-15T15:00")


@pytest.mark.parametrize(
    ("now", "is_owed"),
    [
        pytest.param("2026-03-03T16:59:59", False, id="a second before composing time"),
        pytest.param("2026-03-03T17:00", True, id="composing time"),
        pytest.param("2026-03-03T18:40", True, id="after its minute, within the grace"),
        pytest.param("2026-03-03T20:00", True, id="the end of the grace"),
        pytest.param("2026-03-03T20:00:01", False, id="past the grace"),
    ],
)
def test_an_edition_is_owed_from_composing_time_to_the_end_of_its_grace(now, is_owed):
    newsletter = in_zone("UTC", time(18, 0))

    owed = schedule.is_time_to_compose(newsletter, date(2026, 3, 3), utc(now))

    assert owed is is_owed


def test_nothing_is_owed_on_a_day_without_an_edition():
    newsletter = in_zone("UTC", time(18, 0), days=frozenset({1, 3, 4, 5}))

    assert not schedule.is_time_to_compose(newsletter, date(2026, 3, 3), utc("2026-03-03T17:30"))


def test_the_next_date_passes_over_days_without_an_edition():
    newsletter = in_zone("America/New_York", time(18, 0), days=frozenset({1, 5}))

    friday_night = utc("2026-03-06T23:30")

    assert schedule.next_date(newsletter, friday_night) == date(2026, 3, 9)


def test_an_edition_is_late_only_past_its_grace():
    newsletter = in_zone("UTC", time(18, 0), grace=timedelta(minutes=30))
    minute = utc("2026-03-03T18:00")

    assert not schedule.is_late(newsletter, minute, minute + timedelta(minutes=30))
    assert schedule.is_late(newsletter, minute, minute + timedelta(minutes=30, seconds=1))


@for_each(
    ("name", "says"),
    [
        pytest.param("Europe/Londn", "Europe/London", id="a letter missing"),
        pytest.param("beirut", "Asia/Beirut", id="the city alone"),
        pytest.param("new york", "America/New_York", id="as people write it"),
        pytest.param("", "write one such as", id="empty"),
        pytest.param("../../etc/passwd", "not a time zone", id="a path"),
        pytest.param("\x00", "not a time zone", id="a control character"),
        pytest.param("Ⅷ" * 40, "write one such as", id="nothing like it"),
        pytest.param("Europe", "not a time zone", id="a folder of zones"),
    ],
)
def test_a_wrong_zone_is_refused_with_those_that_look_like_it(name, says):
    with pytest.raises(InputError, match=says):
        schedule.zone(name)


def test_a_newsletter_without_a_day_has_no_next_edition_and_says_what_to_do():
    with pytest.raises(InvalidStateError, match="init --slug evening --days daily"):
        schedule.next_date(replace(EVENING, days=frozenset()), utc("2026-03-03T12:00"))
