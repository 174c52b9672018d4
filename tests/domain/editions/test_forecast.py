"""Will tonight go out? Every state of an evening, and the one line that says it."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from newsletter.domain import schedule
from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.domain.editions.edition import UNEXPLAINED, Edition, EditionStatus, HoldReason
from newsletter.domain.editions.forecast import Forecast, forecast_evening, pick_evening
from newsletter.domain.editions.forecast_rules import Conditions, ForecastReason
from newsletter.domain.newsletter import ApprovalPolicy, Newsletter
from tests.cases import for_each

EVENING = Newsletter(
    id=1,
    slug="evening",
    name="The Evening",
    zone="Asia/Beirut",
    sends_at=time(18, 30),
    sender_address="e@example.org",
)
REQUIRED = replace(EVENING, approval_policy=ApprovalPolicy.REQUIRED)
TUESDAY = date(2026, 3, 3)
MINUTE = datetime(2026, 3, 3, 16, 30, tzinfo=UTC)  # 18:30 in Beirut, in winter
NOW = MINUTE - timedelta(hours=2, minutes=11)
GOOD = Conditions(readers=103, feeds=5, polled=5, failing=0, stories=14)
JOBS = ("collect", "compose", "dispatch", "recover", "retain")
AHEAD = "Tonight 18:30 (in 2 h 11 min): "
HOUR, MIN = timedelta(hours=1), timedelta(minutes=1)
NEXT = "; next tomorrow 18:30"

DRAFT, APPROVED, HELD = EditionStatus.DRAFT, EditionStatus.APPROVED, EditionStatus.HELD
Reason = ForecastReason


def edition(status: EditionStatus, *, on: date = TUESDAY, **fields: Any) -> Edition:
    usual: dict[str, Any] = {
        "id": 7,
        "newsletter_id": 1,
        "on": on,
        "number": 1,
        "status": status,
        "opens_at": MINUTE - 25 * HOUR,
        "closes_at": MINUTE - HOUR,
        "sends_at": schedule.sends_at(EVENING, on),
        "composed_at": MINUTE - HOUR,
        "subject": "",
        "preheader": "",
        "stories": (),
    }
    return Edition(**usual | fields)


def held(hold: HoldReason, reason: str, **fields: Any) -> Edition:
    return edition(HELD, hold=hold, reason=reason, **fields)


def ended(**counts: int) -> dict[DeliveryStatus, int]:
    return {DeliveryStatus(name): number for name, number in counts.items()}


def forecast(
    *editions: Edition,
    product: Newsletter = EVENING,
    now: datetime = NOW,
    **conditions: Any,
) -> Forecast:
    on, found = pick_evening(product, editions, now=now)
    return forecast_evening(product, on, found, replace(GOOD, **conditions), now=now)


@for_each(
    ("found", "changes", "goes_out", "reason", "sentence"),
    [
        pytest.param(
            *(None, {}, None, Reason.NOT_COMPOSED),
            "composed at 17:30, to 103 readers: goes out with at least 3 stories",
            id="not composed yet",
        ),
        pytest.param(
            *(None, {"product": REQUIRED}, None, Reason.NOT_COMPOSED),
            "composed at 17:30, to 103 readers: goes out with at least 3 stories,"
            " once it is approved",
            id="not composed yet, and approval is required",
        ),
        pytest.param(
            *(None, {"feeds": 0, "polled": 0}, False, Reason.NO_FEEDS),
            "will NOT go out: no feed is read: newsletter feeds add URL",
            id="no feed",
        ),
        pytest.param(
            *(None, {"polled": 0}, None, Reason.NOT_COMPOSED),
            "composed at 17:30, to 103 readers: goes out with at least 3 stories",
            id="feeds that are read from files only",
        ),
        pytest.param(
            *(None, {"failing": 5}, False, Reason.FEEDS_FAILING),
            "will NOT go out: as it stands, all 5 feeds failed the last time: newsletter status",
            id="all feeds fail",
        ),
        pytest.param(
            *(None, {"failing": 1, "polled": 1}, False, Reason.FEEDS_FAILING),
            "will NOT go out: as it stands, the only feed failed the last time: newsletter status",
            id="the only feed fails",
        ),
        pytest.param(
            *(None, {"failing": 4}, None, Reason.NOT_COMPOSED),
            "composed at 17:30, to 103 readers: goes out with at least 3 stories",
            id="nearly all feeds fail",
        ),
        pytest.param(
            *(None, {"readers": 0}, False, Reason.NO_READERS),
            "will NOT go out: nobody is subscribed",
            id="no reader",
        ),
        pytest.param(
            *(None, {"overdue_jobs": JOBS}, False, Reason.JOBS),
            "will NOT go out: beat or the workers have not run in the last five minutes: "
            "newsletter serve --all",
            id="no beat",
        ),
        pytest.param(
            *(edition(DRAFT), {"overdue_jobs": ("collect", "retain")}, True, Reason.READY),
            "14 stories, no approval needed, to 103 readers: goes out",
            id="a job is late that does not send",
        ),
        pytest.param(
            *(edition(DRAFT), {"overdue_jobs": ("dispatch",)}, False, Reason.JOBS),
            "will NOT go out: beat or the workers have not run in the last five minutes: "
            "newsletter serve --all",
            id="the job is late that sends",
        ),
        pytest.param(
            *(edition(DRAFT), {"stories": 0}, False, Reason.TOO_FEW_STORIES),
            "will NOT go out: as it stands, no story yet",
            id="a draft without a story",
        ),
        pytest.param(
            *(edition(DRAFT), {"stories": 2}, False, Reason.TOO_FEW_STORIES),
            "will NOT go out: as it stands, 2 of at least 3 stories",
            id="a draft with too few",
        ),
        pytest.param(
            *(edition(DRAFT), {"stories": 2, "failing": 5}, False, Reason.FEEDS_FAILING),
            "will NOT go out: as it stands, all 5 feeds failed the last time: newsletter status",
            id="a draft with too few, since all feeds fail",
        ),
        pytest.param(
            *(edition(APPROVED), {"stories": 1, "readers": 1}, True, Reason.READY),
            "1 story, approved, to 1 reader: goes out",
            id="too few, and approved all the same",
        ),
        pytest.param(
            *(edition(APPROVED), {}, True, Reason.READY),
            "14 stories, approved, to 103 readers: goes out",
            id="approved",
        ),
        pytest.param(
            *(edition(APPROVED), {"readers": 23_456, "has_relay": False}, True, Reason.READY),
            "14 stories, approved, to 23,456 readers, kept in the catcher as no relay is set:"
            " goes out",
            id="without a relay",
        ),
        pytest.param(
            *(edition(DRAFT), {"product": REQUIRED}, False, Reason.UNAPPROVED),
            "will NOT go out: needs approval before 18:30",
            id="not approved, and it has to be",
        ),
        pytest.param(
            *(edition(APPROVED), {"product": REQUIRED}, True, Reason.READY),
            "14 stories, approved, to 103 readers: goes out",
            id="approved, as it has to be",
        ),
        pytest.param(
            *(held(HoldReason.EDITOR, "Wait for the vote"), {}, False, Reason.EDITOR),
            'will NOT go out: held by an editor, "Wait for the vote"',
            id="held by an editor with a note",
        ),
        pytest.param(
            *(
                held(HoldReason.EDITOR, "Wait\n for  the vote. " + "x" * 500),
                {},
                False,
                Reason.EDITOR,
            ),
            'will NOT go out: held by an editor, "Wait for the vote. ' + "x" * 220 + '…"',
            id="held with a note of many lines",
        ),
        pytest.param(
            *(held(HoldReason.EDITOR, UNEXPLAINED), {}, False, Reason.EDITOR),
            "will NOT go out: held by an editor",
            id="held by an editor without a note",
        ),
        pytest.param(
            *(
                held(HoldReason.TOO_FEW_STORIES, "A thin day: 2 of at least 3 stories."),
                {},
                False,
                Reason.TOO_FEW_STORIES,
            ),
            "will NOT go out: held: A thin day: 2 of at least 3 stories",
            id="held as too thin",
        ),
        pytest.param(
            *(held(HoldReason.REFUSED, "This email cannot go out: It is too large."), {}),
            *(False, Reason.REFUSED),
            "will NOT go out: held: This email cannot go out: It is too large",
            id="the build refuses it",
        ),
        pytest.param(
            *(edition(EditionStatus.SKIPPED, reason="There is no story today."), {}),
            *(False, Reason.SKIPPED),
            f"will NOT go out: skipped: There is no story today{NEXT}",
            id="skipped",
        ),
    ],
)
def test_before_its_minute(*, found, changes, goes_out, reason, sentence):
    made = forecast(*filter(None, [found]), **changes)

    assert made.sentence == AHEAD + sentence
    assert (made.goes_out, made.reason) == (goes_out, reason)
    assert made.on == TUESDAY
    tomorrow = reason is Reason.SKIPPED
    assert made.next_at == MINUTE + timedelta(days=1 if tomorrow else 0)


PAUSED = "Paused. Let it go on: newsletter send resume"
UNDER_WAY = {"frozen_at": MINUTE, "deadline_at": MINUTE + 4 * HOUR}


@for_each(
    ("found", "changes", "goes_out", "reason", "sentence"),
    [
        pytest.param(
            *(None, {}, None, Reason.NOT_COMPOSED),
            "Tonight 18:30 (10 min ago): not composed yet, to 103 readers: goes out with"
            " at least 3 stories",
            id="not composed, within the grace",
        ),
        pytest.param(
            *(edition(DRAFT), {}, True, Reason.READY),
            "Tonight 18:30 (10 min ago): 14 stories, no approval needed, to 103 readers: goes out",
            id="a draft, within the grace",
        ),
        pytest.param(
            *(edition(APPROVED), {"now": MINUTE + 3 * HOUR}, False, Reason.LATE),
            "Tonight 18:30 (3 h ago): did NOT go out: its minute passed by more than the grace",
            id="beyond the grace",
        ),
        pytest.param(
            *(held(HoldReason.UNAPPROVED, "Nobody had approved it."), {}, False, Reason.UNAPPROVED),
            "Tonight 18:30 (10 min ago): did NOT go out: held: Nobody had approved it",
            id="held as nobody approved it",
        ),
        pytest.param(
            *(held(HoldReason.LATE, "It was too late."), {}, False, Reason.LATE),
            "Tonight 18:30 (10 min ago): did NOT go out: held: It was too late",
            id="held as late",
        ),
        pytest.param(
            held(HoldReason.STOPPED, PAUSED, **UNDER_WAY),
            {"deliveries": ended(queued=63, sent=38, failed=2)},
            *(False, Reason.STOPPED),
            f"Tonight 18:30 (10 min ago): does NOT go on: stopped with 63 of 103 left: {PAUSED}",
            id="stopped in mid-run",
        ),
        pytest.param(
            edition(EditionStatus.SENDING, **UNDER_WAY),
            {"deliveries": ended(queued=43, sending=20, sent=36, failed=3, uncertain=1)},
            *(True, Reason.SENDING),
            "Tonight 18:30: being sent since 18:30: 36 of 103 sent, 3 failed, 1 uncertain,"
            f" 0.1 a second{NEXT}",
            id="being sent",
        ),
        pytest.param(
            edition(EditionStatus.SENDING, frozen_at=MINUTE + 10 * MIN),
            {"deliveries": ended(queued=103)},
            *(True, Reason.SENDING),
            f"Tonight 18:30: being sent since 18:40: 0 of 103 sent{NEXT}",
            id="being sent since this moment",
        ),
        pytest.param(
            edition(EditionStatus.SENT, sent_at=MINUTE + MIN),
            {"deliveries": ended(sent=103)},
            *(True, Reason.SENT),
            f"Tonight 18:30: sent at 18:31 to 103 of 103 readers{NEXT}",
            id="sent",
        ),
        pytest.param(
            edition(EditionStatus.SENT, sent_at=MINUTE + MIN),
            {"deliveries": ended(sent=99, failed=3, uncertain=1)},
            *(True, Reason.SENT),
            f"Tonight 18:30: sent at 18:31 to 99 of 103 readers, 3 failed, 1 uncertain{NEXT}",
            id="sent, and some failed",
        ),
        pytest.param(
            edition(
                EditionStatus.SENT, sent_at=MINUTE + MIN, reason="30 of 103 failed, most often: no"
            ),
            {"deliveries": ended(sent=73, failed=30)},
            *(False, Reason.FAILED),
            "Tonight 18:30 (10 min ago): did NOT go out: sent to 73 of 103 only: "
            f"30 of 103 failed, most often: no{NEXT}",
            id="sent, and a large part failed",
        ),
        pytest.param(
            edition(EditionStatus.FAILED, reason="Sent to nobody: 103 of 103 failed"),
            {"deliveries": ended(failed=103)},
            *(False, Reason.FAILED),
            "Tonight 18:30 (10 min ago): did NOT go out: Sent to nobody: 103 of 103 failed" + NEXT,
            id="all failed",
        ),
        pytest.param(
            *(edition(EditionStatus.SENT, reason="Nobody is subscribed yet."), {}),
            *(False, Reason.NO_READERS),
            f"Tonight 18:30 (10 min ago): did NOT go out: nobody is subscribed{NEXT}",
            id="there was nobody to send it to",
        ),
        pytest.param(
            edition(EditionStatus.CANCELLED, reason="Cancelled by the desk."),
            {"deliveries": ended(sent=40, failed=63)},
            *(False, Reason.CANCELLED),
            "Tonight 18:30 (10 min ago): did NOT go out: cancelled with 40 of 103 sent: "
            f"Cancelled by the desk{NEXT}",
            id="cancelled in mid-run",
        ),
        pytest.param(
            *(edition(EditionStatus.SKIPPED, reason="No story."), {}, False, Reason.SKIPPED),
            f"Tonight 18:30 (10 min ago): did NOT go out: skipped: No story{NEXT}",
            id="skipped",
        ),
    ],
)
def test_after_its_minute(*, found, changes, goes_out, reason, sentence):
    made = forecast(*filter(None, [found]), **{"now": MINUTE + 10 * MIN} | changes)

    assert made.sentence == sentence
    assert (made.goes_out, made.reason) == (goes_out, reason)
    assert made.next_at == MINUTE + timedelta(days=1)


def test_sent_by_hand_before_its_minute_it_is_over():
    found = edition(EditionStatus.SENT, sent_at=MINUTE - 8 * HOUR)

    made = forecast(found, now=MINUTE - 7 * HOUR, deliveries=ended(sent=103))

    assert made.sentence == f"Tonight 18:30: sent at 10:30 to 103 of 103 readers{NEXT}"
    assert made.next_at == MINUTE + timedelta(days=1)


@for_each("hold", HoldReason)
@for_each("later", [timedelta(0), HOUR], ids=["before", "after"])
def test_no_hold_is_taken_for_going_out(hold, later):
    found = held(hold, "Why.", deadline_at=MINUTE + 4 * HOUR)

    made = forecast(found, now=MINUTE - MIN + later)

    assert (made.goes_out, made.reason) == (False, Reason(hold.value))
    assert "Why" in made.sentence


@for_each("status", EditionStatus)
def test_every_state_has_one_line(status):
    found = edition(status, reason="One\nand\r\ntwo.")

    made = forecast(found)

    assert len(made.sentence.splitlines()) == 1


LATE_NIGHT = replace(EVENING, sends_at=time(23, 45))
YESTERDAY = MINUTE + timedelta(hours=5, minutes=15)  # 23:45 on Tuesday; now it is Wednesday


@pytest.mark.parametrize(
    ("found", "begins"),
    [
        pytest.param(edition(DRAFT, sends_at=YESTERDAY), "Yesterday 23:45 (30 min ago)", id="open"),
        pytest.param(
            edition(EditionStatus.SENDING, sends_at=YESTERDAY), "Yesterday 23:45:", id="being sent"
        ),
        pytest.param(
            held(HoldReason.STOPPED, PAUSED, sends_at=YESTERDAY, deadline_at=YESTERDAY + 4 * HOUR),
            "Yesterday 23:45",
            id="stopped",
        ),
        pytest.param(None, "Yesterday 23:45 (30 min ago): not composed yet", id="owed still"),
        pytest.param(
            edition(EditionStatus.SENT, sends_at=YESTERDAY), "Tonight 23:45 (in 23 h 30", id="sent"
        ),
        pytest.param(
            edition(EditionStatus.SKIPPED, sends_at=YESTERDAY), "Tonight 23:45", id="skipped"
        ),
    ],
)
def test_last_night_counts_until_it_is_over(found, begins):
    made = forecast(
        *filter(None, [found]), product=LATE_NIGHT, now=YESTERDAY + timedelta(minutes=30)
    )

    assert made.sentence.startswith(begins)


@for_each(
    ("now", "days", "sends_at", "begins"),
    [
        pytest.param(
            "2026-03-03T16:29:30Z", "1234567", "18:30", "Tonight 18:30 (in 1 min)", id="!"
        ),
        pytest.param("2026-03-03T16:30:00Z", "1234567", "18:30", "Tonight 18:30 (now)", id="now"),
        pytest.param(
            "2026-03-03T05:00:00Z", "1234567", "09:00", "Today 09:00 (in 2 h)", id="today"
        ),
        pytest.param(
            *("2026-03-03T22:30:00Z", "1234567", "18:30", "Tonight 18:30 (in 18 h)"),
            id="past midnight in Beirut",
        ),
        pytest.param(
            *("2026-03-03T19:00:00Z", "1234567", "18:30", "Tomorrow 18:30 (in 21 h 30 min)"),
            id="past the grace, and nothing was composed",
        ),
        pytest.param(
            "2026-03-03T12:00:00Z",
            "5",
            "18:30",
            "Friday 18:30 (in 3 days 4 h 30 min)",
            id="weekday",
        ),
        pytest.param(
            *("2026-03-03T19:00:00Z", "2", "18:30", "Tuesday 10 March 18:30 (in 6 days 21 h"),
            id="in a week",
        ),
        pytest.param(
            *("2026-03-28T18:00:00Z", "1234567", "00:30", "Tomorrow 01:00 (in 4 h)"),
            id="at a time that the clocks skip",
        ),
        pytest.param(
            *("2026-03-28T20:00:00Z", "7", "18:30", "Tomorrow 18:30 (in 19 h 30 min)"),
            id="over the beginning of summer time",
        ),
    ],
)
def test_days_and_times_are_those_of_the_newsletter(now, days, sends_at, begins):
    product = replace(
        EVENING, days=frozenset(map(int, days)), sends_at=time.fromisoformat(sends_at)
    )

    made = forecast(product=product, now=datetime.fromisoformat(now))

    assert made.sentence.startswith(begins)


@pytest.mark.parametrize(
    ("found", "begins"),
    [
        pytest.param(edition(DRAFT), "Friday 18:30", id="a draft from an early look"),
        pytest.param(edition(APPROVED), "Friday 18:30", id="approved"),
        pytest.param(edition(EditionStatus.SKIPPED), "Friday 18:30", id="skipped"),
        pytest.param(
            edition(EditionStatus.SENT, frozen_at=NOW, sent_at=NOW),
            "Tonight 18:30: sent at 16:19 to 5 of 5 readers; next Friday 18:30",
            id="sent by hand",
        ),
    ],
)
def test_a_day_that_the_newsletter_has_not_is_passed_over(found, begins):
    product = replace(EVENING, days=frozenset({5}))

    made = forecast(found, product=product, deliveries=ended(sent=5))

    assert made.sentence.startswith(begins)


def test_a_newsletter_that_never_asks_for_stories_asks_for_one():
    made = forecast(product=replace(EVENING, min_stories=0))

    assert made.sentence.endswith("goes out with at least 1 story")
