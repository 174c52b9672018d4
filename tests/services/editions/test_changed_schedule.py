"""A schedule that is changed counts for every edition that is not out."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from newsletter.cli.output.next_edition import promise_lines
from newsletter.domain.editions.edition import Edition, EditionStatus, HoldReason
from newsletter.domain.newsletter import Newsletter
from newsletter.services.editions import review
from newsletter.services.editions.compose import compose
from newsletter.services.editions.follow_schedule import change_newsletter
from newsletter.services.editions.next_release import NextRelease, find_next_release
from newsletter.services.operations import scheduled_jobs
from newsletter.services.ports import Ports
from newsletter.store import Store
from newsletter.store.editions import editions, newsletters
from tests.services.worlds import Clock, composed, edition_of, moved, news, readers

TODAY = date(2026, 3, 3)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SENDS = datetime.fromisoformat("2026-03-03T18:00Z")
DRAFT, APPROVED, HELD = EditionStatus.DRAFT, EditionStatus.APPROVED, EditionStatus.HELD
SENDING, SKIPPED = EditionStatus.SENDING, EditionStatus.SKIPPED


@pytest.fixture
def edition(store, newsletter, now):
    """Tuesday's draft of three stories, composed at 17:30 for 18:00 UTC; there is one reader."""
    readers(store, newsletter, ["amal"], now=now)
    return composed(store, newsletter, now=now)


@pytest.fixture
def change(store, newsletter, clock):
    """Changes the newsletter as the command does."""

    def changed(**changes):
        return change_newsletter(store, replace(newsletter, **changes), now=clock.at)

    return changed


def beat(ports: Ports, clock: Clock, *at: datetime) -> None:
    for moment in at:
        clock.at = moment
        scheduled_jobs.compose_due(ports)
        scheduled_jobs.dispatch_due(ports)


def found_on(store: Store, newsletter: Newsletter, on: date) -> Edition:
    with store.begin() as session:
        found = editions.by_date(session, newsletter.id, on)
    assert found is not None
    return found


def promise(store: Store, newsletter: Newsletter, now: datetime) -> tuple[NextRelease, str]:
    with store.begin() as session:
        coming = find_next_release(session, newsletter, now=now)
    return coming, " ".join(promise_lines(newsletter, coming, now))


CHANGES = [
    pytest.param({"sends_at": time(19, 15)}, "2026-03-03T19:15Z", id="a later time"),
    pytest.param({"sends_at": time(17, 40)}, "2026-03-03T17:40Z", id="an earlier time"),
    pytest.param({"zone": "America/Bogota"}, "2026-03-03T23:00Z", id="a zone to the west"),
    pytest.param(
        {"zone": "Asia/Beirut", "sends_at": time(19, 50)}, "2026-03-03T17:50Z", id="to the east"
    ),
]


@pytest.mark.parametrize(("changes", "minute"), CHANGES)
@pytest.mark.parametrize("status", [DRAFT, APPROVED])
def test_an_edition_goes_out_at_the_minute_that_was_promised(
    ports, edition, clock, change, *, changes, minute, status
):
    moved(ports.store, edition.id, status, decided_by="Rana" if status is APPROVED else "")
    minute = datetime.fromisoformat(minute)

    changed = change(**changes)
    coming, _ = promise(ports.store, changed, clock.at)
    found = edition_of(ports.store, edition.id)
    beat(ports, clock, minute - MINUTE)
    before = edition_of(ports.store, edition.id).status
    beat(ports, clock, minute)

    assert (coming.at, found.sends_at) == (minute, minute)
    assert (before, edition_of(ports.store, edition.id).status) == (status, SENDING)


def test_a_change_that_no_command_made_counts_too(ports, store, newsletter, edition, clock):
    with store.begin() as session:
        newsletters.save(session, replace(newsletter, sends_at=time(19, 0)), now=clock.at)

    beat(ports, clock, SENDS)
    before = edition_of(store, edition.id)
    beat(ports, clock, SENDS + HOUR)

    assert (before.status, before.sends_at) == (DRAFT, SENDS + HOUR)
    assert edition_of(store, edition.id).status is SENDING


def test_a_held_edition_s_minute_moves_and_it_stays_held(ports, edition, clock, change):
    review.hold(ports, edition.id, note="Wait.", by="Rana")

    changed = change(sends_at=time(19, 0))
    _, said = promise(ports.store, changed, clock.at)
    beat(ports, clock, SENDS + HOUR)

    found = edition_of(ports.store, edition.id)
    assert (found.status, found.hold, found.sends_at) == (HELD, HoldReason.EDITOR, SENDS + HOUR)
    assert said.endswith("It is held, and waits for newsletter approve: Wait.")


def test_put_off_the_edition_takes_what_came_until_its_new_cut_off(ports, edition, clock, change):
    change(sends_at=time(21, 0))
    news(ports.store, "Doha opens a reading room in its port", now=SENDS + HOUR)

    beat(ports, clock, SENDS + 2 * HOUR, SENDS + 3 * HOUR)

    found = edition_of(ports.store, edition.id)
    assert (len(found.stories), found.closes_at) == (4, SENDS + 2 * HOUR)
    assert found.status is SENDING


def test_a_new_lead_counts(ports, edition, clock, change):
    change(compose_lead=15 * MINUTE)
    news(ports.store, "Doha opens a reading room in its port", now=SENDS - 20 * MINUTE)

    beat(ports, clock, SENDS - 10 * MINUTE)

    found = edition_of(ports.store, edition.id)
    assert (len(found.stories), found.closes_at) == (4, SENDS - 15 * MINUTE)


@pytest.mark.parametrize("status", [DRAFT, APPROVED])
def test_a_day_that_is_none_any_more_is_skipped_with_its_reason(
    ports, edition, clock, change, status
):
    moved(ports.store, edition.id, status)

    changed = change(days=frozenset({1, 3, 5}))
    coming, said = promise(ports.store, changed, clock.at)
    beat(ports, clock, SENDS)

    found = edition_of(ports.store, edition.id)
    assert (found.status, found.reason) == (SKIPPED, "Tuesday is not a day on which it goes out.")
    assert coming.on == TODAY + DAY
    assert "The edition of 2026-03-03 does not go out: Tuesday is none of its days." in said


def test_the_news_of_a_day_that_is_none_any_more_is_in_the_next_edition(
    ports, store, edition, clock, change, newsletter
):
    monday = compose(store, newsletter, TODAY - DAY, now=SENDS - DAY - HOUR)
    moved(store, monday.id, EditionStatus.SENT, frozen_at=SENDS - DAY)
    change(days=frozenset({1, 3, 5}))

    beat(ports, clock, SENDS, SENDS + DAY - MINUTE, SENDS + DAY)

    after = found_on(store, newsletter, TODAY + DAY)
    assert (after.status, len(after.stories)) == (SENDING, 3)


@pytest.mark.parametrize(
    "at", [[], [SENDS, SENDS + MINUTE]], ids=["before its minute", "after it was skipped"]
)
def test_a_day_that_is_one_again_in_time_goes_out_as_approved(ports, edition, clock, change, at):
    moved(ports.store, edition.id, APPROVED, decided_by="Rana")
    change(days=frozenset({1, 3, 5}))
    beat(ports, clock, *at)

    change(sends_at=time(18, 30))
    again = edition_of(ports.store, edition.id)
    beat(ports, clock, SENDS + 30 * MINUTE)

    assert (again.status, again.reason) == (APPROVED, "")
    assert edition_of(ports.store, edition.id).status is SENDING


def test_a_day_that_is_new_is_composed_and_goes_out(ports, store, newsletter, clock, change):
    readers(store, newsletter, ["amal"], now=clock.at)
    change(days=frozenset({1}))
    composed(store, newsletter, now=clock.at)
    beat(ports, clock, SENDS)
    clock.at = SENDS + MINUTE

    change(days=frozenset({1, 2}), sends_at=time(18, 30))
    beat(ports, clock, SENDS + 30 * MINUTE)

    assert found_on(store, newsletter, TODAY).status is SENDING


@pytest.mark.parametrize(
    ("sends_at", "status", "says"),
    [
        pytest.param(time(17, 0), SENDING, "goes out at once", id="within its grace, at once"),
        pytest.param(time(9, 0), HELD, "newsletter send --date 2026-03-03", id="past it, held"),
    ],
)
def test_a_new_minute_that_has_passed_goes_out_within_its_grace(
    ports, edition, clock, change, *, sends_at, status, says
):
    changed = change(sends_at=sends_at)
    _, said = promise(ports.store, changed, clock.at)

    beat(ports, clock, clock.at + MINUTE)

    assert edition_of(ports.store, edition.id).status is status
    assert says in said


def test_a_longer_grace_lets_go_what_was_held_as_late(ports, edition, clock, change):
    beat(ports, clock, SENDS + 3 * HOUR)
    held = edition_of(ports.store, edition.id)

    change(grace=4 * HOUR)
    beat(ports, clock, SENDS + 3 * HOUR + MINUTE)

    assert (held.status, held.hold) == (HELD, HoldReason.LATE)
    assert edition_of(ports.store, edition.id).status is SENDING


def test_what_was_held_last_week_does_not_come_back_with_a_longer_grace(
    ports, edition, clock, change
):
    beat(ports, clock, SENDS + 3 * HOUR)
    clock.at = SENDS + 7 * DAY

    change(grace=300 * HOUR)
    beat(ports, clock, SENDS + 7 * DAY)

    assert edition_of(ports.store, edition.id).status is HELD


def test_what_a_person_let_go_late_keeps_the_minute_of_that_word(ports, edition, clock, change):
    beat(ports, clock, SENDS + 3 * HOUR)
    review.approve(ports, edition.id, by="Rana")

    change()
    beat(ports, clock, SENDS + 3 * HOUR + MINUTE)

    assert edition_of(ports.store, edition.id).status is SENDING


def test_approved_early_an_edition_follows_its_schedule_back_and_forth(
    ports, edition, clock, change
):
    review.approve(ports, edition.id, by="Rana")

    minutes = [
        (change(sends_at=time(hour, 0)), edition_of(ports.store, edition.id).sends_at.hour)[1]
        for hour in (21, 19, 18)
    ]

    assert minutes == [21, 19, 18]


@pytest.mark.parametrize(
    ("zone", "on", "at"),
    [
        pytest.param(
            "Pacific/Kiritimati", TODAY + DAY, "2026-03-04T04:00Z", id="where it is tomorrow"
        ),
        pytest.param("Pacific/Pago_Pago", TODAY, "2026-03-04T05:00Z", id="where it is morning"),
    ],
)
def test_over_the_date_line_one_edition_a_date_goes_out(
    ports, store, newsletter, edition, *, clock, change, zone, on, at
):
    changed = change(zone=zone)
    coming, _ = promise(store, changed, clock.at)
    news(store, "Doha port", "Kuwait bank", "Muscat market", now=clock.at + 5 * HOUR)

    beat(ports, clock, clock.at + MINUTE, *(coming.at - left for left in (HOUR, MINUTE)), coming.at)

    assert (coming.on, coming.at) == (on, datetime.fromisoformat(at))
    assert found_on(store, newsletter, on).status is SENDING


@pytest.mark.parametrize(
    ("status", "says"),
    [
        pytest.param(EditionStatus.SENT, "is out already", id="that is out"),
        pytest.param(SKIPPED, "is skipped: So it was.", id="that was skipped"),
    ],
)
def test_the_next_edition_is_tomorrow_s_after_one(
    ports, store, edition, newsletter, clock, *, status, says
):
    frozen_at = SENDS if status is EditionStatus.SENT else None
    moved(store, edition.id, status, frozen_at=frozen_at, reason="So it was.")
    clock.at = SENDS + MINUTE

    coming, said = promise(store, newsletter, clock.at)

    assert coming.on == TODAY + DAY
    assert says in said
    assert said.endswith("Wednesday, 04 March 2026, 18:00, in 23 h 59 min.")


def test_an_evening_that_was_skipped_goes_out_when_its_minute_is_put_off(
    ports, store, newsletter, clock, change
):
    readers(store, newsletter, ["amal"], now=clock.at)
    beat(ports, clock, SENDS)
    made = composed(store, replace(newsletter, sends_at=time(18, 0)), now=clock.at)
    moved(store, made.id, SKIPPED, reason="There was nothing.")
    clock.at = SENDS + MINUTE

    change(sends_at=time(18, 5))
    beat(ports, clock, SENDS + 2 * MINUTE, SENDS + 5 * MINUTE)

    assert edition_of(store, made.id).status is SENDING
