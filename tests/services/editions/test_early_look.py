"""An early look freezes nothing, and neither does a clock that was ahead."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from newsletter.domain.editions.edition import Edition, EditionStatus, HoldReason
from newsletter.domain.editions.transitions import Transition
from newsletter.domain.newsletter import ApprovalPolicy, Newsletter
from newsletter.errors import InvalidStateError
from newsletter.services.editions import review
from newsletter.services.editions.compose import compose
from newsletter.services.editions.recompose import compose_now
from newsletter.services.operations import scheduled_jobs
from newsletter.services.ports import Ports
from newsletter.services.sending.dispatch import dispatch, send_now
from newsletter.store import Store
from newsletter.store.editions import earlier_editions, editions, newsletters
from newsletter.store.editions.transitions import try_transition
from tests.services.worlds import (
    AMMAN,
    BAGHDAD,
    BEIRUT,
    CAIRO,
    Clock,
    edition_of,
    item,
    moved,
    news,
    polled,
    readers,
    rss,
)

TODAY = date(2026, 3, 3)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SENDS = datetime.fromisoformat("2026-03-03T18:00Z")
CUT_OFF = SENDS - HOUR
MORNING = datetime.fromisoformat("2026-03-03T08:00Z")
JOBS = (scheduled_jobs.compose_due, scheduled_jobs.dispatch_due)


@pytest.fixture
def early(ports, store, newsletter, clock):
    """A look at eight in the morning, at three stories; there is one reader."""
    readers(store, newsletter, ["amal"], now=MORNING)
    news(store, BEIRUT, AMMAN, BAGHDAD, now=MORNING - HOUR)
    clock.at = MORNING
    return compose_now(ports, newsletter, TODAY)


def found(store: Store, newsletter: Newsletter, on: date = TODAY) -> Edition:
    with store.begin() as session:
        edition = editions.by_date(session, newsletter.id, on)
    assert edition is not None
    return edition


def titles(edition: Edition) -> set[str]:
    return {story.title for story in edition.stories}


def beat(
    ports: Ports, clock: Clock, *at: datetime, jobs: Sequence[Callable[[Ports], str]] = JOBS
) -> None:
    for moment in at:
        clock.at = moment
        for job in jobs:
            job(ports)


@pytest.mark.parametrize(
    "came", [MORNING, MORNING + 4 * HOUR, CUT_OFF - MINUTE], ids=["at once", "at noon", "late"]
)
def test_what_came_after_an_early_look_is_in_the_evening(
    ports, store, newsletter, clock, early, came
):
    news(store, CAIRO, now=came)

    beat(ports, clock, came + MINUTE, CUT_OFF, SENDS)

    edition = found(store, newsletter)
    assert (early.closes_at, edition.closes_at) == (MORNING, CUT_OFF)
    assert (edition.opens_at, edition.frozen_at) == (CUT_OFF - DAY, SENDS)
    assert titles(edition) == {BEIRUT, AMMAN, BAGHDAD, CAIRO}


def test_a_draft_is_composed_anew_when_news_comes_and_only_then(
    ports, store, newsletter, clock, early
):
    clock.at = MORNING + HOUR
    first = scheduled_jobs.compose_due(ports)
    news(store, CAIRO, now=clock.at - MINUTE)
    second, third = scheduled_jobs.compose_due(ports), scheduled_jobs.compose_due(ports)

    assert (first, second, third) == ("composed nothing", "composed evening", "composed nothing")
    assert CAIRO in titles(found(store, newsletter))


def test_without_news_the_window_is_closed_at_the_cut_off_once(
    ports, store, newsletter, clock, early
):
    clock.at = CUT_OFF
    said = [scheduled_jobs.compose_due(ports), scheduled_jobs.compose_due(ports)]

    assert said == ["composed evening", "composed nothing"]
    assert found(store, newsletter).closes_at == CUT_OFF


def test_after_the_cut_off_a_draft_stays_as_it_is(ports, store, newsletter, clock, early):
    beat(ports, clock, CUT_OFF)
    before = found(store, newsletter)
    news(store, CAIRO, now=CUT_OFF + 5 * MINUTE, published_at=CUT_OFF - MINUTE)

    beat(ports, clock, CUT_OFF + 6 * MINUTE)

    assert found(store, newsletter) == before


def test_a_look_at_an_empty_morning_skips_nothing(ports, store, newsletter, clock):
    readers(store, newsletter, ["amal"], now=MORNING)
    clock.at = MORNING
    look = compose_now(ports, newsletter, TODAY)
    news(store, BEIRUT, AMMAN, BAGHDAD, now=MORNING + 5 * HOUR)

    beat(ports, clock, CUT_OFF, SENDS)

    assert look.status is EditionStatus.DRAFT
    assert found(store, newsletter).status is EditionStatus.SENDING


def test_when_nothing_ran_all_day_the_morning_s_draft_does_not_go_out_as_it_was(
    ports, store, newsletter, clock, early
):
    news(store, CAIRO, now=MORNING + 4 * HOUR)

    beat(ports, clock, SENDS + 40 * MINUTE, jobs=(scheduled_jobs.dispatch_due,))

    edition = found(store, newsletter)
    assert (edition.status, CAIRO in titles(edition)) == (EditionStatus.SENDING, True)


def test_what_a_person_approved_early_goes_out_as_it_was(ports, store, newsletter, clock, early):
    review.approve(ports, early.id, by="Rana")
    news(store, CAIRO, now=MORNING + 4 * HOUR)

    beat(ports, clock, MORNING + 5 * HOUR, CUT_OFF, SENDS)

    edition = found(store, newsletter)
    assert (edition.status, titles(edition)) == (EditionStatus.SENDING, titles(early))
    with store.begin() as session:
        assert (
            earlier_editions.last_window_end(session, newsletter.id, before=TODAY + DAY) == MORNING
        )


def test_what_an_early_approval_left_out_is_in_the_next_edition(
    ports, store, newsletter, clock, early
):
    review.approve(ports, early.id, by="Rana")
    news(store, CAIRO, now=MORNING + 4 * HOUR)
    beat(ports, clock, SENDS)

    after = compose(store, newsletter, TODAY + DAY, now=CUT_OFF + DAY)

    assert titles(after) == {CAIRO}


def test_an_editor_s_hold_stays_while_news_comes_in(ports, store, newsletter, clock, early):
    review.hold(ports, early.id, note="Wait for the vote.", by="Rana")
    news(store, CAIRO, now=MORNING + 4 * HOUR)

    beat(ports, clock, MORNING + 5 * HOUR, CUT_OFF, SENDS)

    edition = found(store, newsletter)
    assert (edition.status, edition.hold) == (EditionStatus.HELD, HoldReason.EDITOR)
    assert (edition.reason, edition.decided_by) == ("Wait for the vote.", "Rana")
    assert CAIRO in titles(edition)


def test_a_hold_between_choosing_and_saving_is_not_lost(ports, store, newsletter, early):
    with store.begin() as session:
        digest_of = editions.by_id(session, early.id)
    review.hold(ports, early.id, note="Wait.", by="Rana")

    compose(store, newsletter, TODAY, now=digest_of.composed_at + MINUTE)

    assert edition_of(store, early.id).hold is HoldReason.EDITOR


def test_nobody_approves_what_was_composed_anew_since_it_was_seen(
    ports, store, newsletter, clock, early
):
    news(store, CAIRO, now=MORNING + MINUTE)
    beat(ports, clock, MORNING + 2 * MINUTE)

    with pytest.raises(InvalidStateError, match="has changed since you looked"):
        review.approve(ports, early.id, by="Rana", expected_revision=early.revision)

    assert found(store, newsletter).status is EditionStatus.DRAFT


def test_what_is_composed_anew_while_it_is_sent_off_waits(ports, store, newsletter, clock, early):
    beat(ports, clock, CUT_OFF)
    clock.at = SENDS

    def enqueue(*_):
        raise AssertionError("It was composed anew.")

    stale = edition_of(store, early.id)
    compose(store, newsletter, TODAY, now=SENDS)
    with store.begin() as session:
        revision = try_transition(
            session,
            stale.id,
            Transition.FREEZE,
            expected_revision=stale.revision,
            frozen_at=SENDS,
            deadline_at=SENDS,
        )

    assert revision is None
    assert dispatch(ports, early.id).status is EditionStatus.SENDING


def test_an_edition_without_a_story_is_neither_approved_nor_sent(ports, newsletter, clock):
    clock.at = MORNING
    empty = compose_now(ports, newsletter, TODAY)

    with pytest.raises(InvalidStateError, match="no story"):
        review.approve(ports, empty.id, by="Rana")
    with pytest.raises(InvalidStateError, match="too little to say"):
        send_now(ports, empty.id, force=True)


def test_a_thin_draft_is_sent_by_force_only(ports, store, newsletter, clock):
    news(store, BEIRUT, now=MORNING - HOUR)
    clock.at = MORNING
    thin = compose_now(ports, newsletter, TODAY)

    with pytest.raises(InvalidStateError, match="--force"):
        send_now(ports, thin.id)
    assert send_now(ports, thin.id, force=True).status is EditionStatus.SENT


def test_a_look_at_another_day_takes_no_news_from_this_one(ports, store, newsletter, clock):
    news(store, BEIRUT, AMMAN, BAGHDAD, now=MORNING - HOUR)
    clock.at = MORNING
    for days in (-7, -1, 1, 30):
        compose_now(ports, newsletter, TODAY + days * DAY)
    beat(ports, clock, MORNING + MINUTE)

    beat(ports, clock, CUT_OFF)

    assert titles(found(store, newsletter)) == {BEIRUT, AMMAN, BAGHDAD}


def test_an_edition_of_a_day_off_does_not_go_out_because_somebody_looked(
    ports, store, newsletter, clock
):
    with store.begin() as session:
        newsletters.save(session, replace(newsletter, days=frozenset({1, 3})), now=MORNING)
    news(store, BEIRUT, AMMAN, BAGHDAD, now=MORNING - HOUR)
    clock.at = MORNING
    compose_now(ports, newsletter, TODAY)

    beat(ports, clock, CUT_OFF, SENDS)

    edition = found(store, newsletter)
    assert (edition.status, edition.reason[:7]) == (EditionStatus.SKIPPED, "Tuesday")


@pytest.mark.parametrize(
    ("ahead", "wrong"),
    [
        pytest.param(DAY, CUT_OFF + MINUTE, id="a day, before a minute"),
        pytest.param(DAY, SENDS + 3 * MINUTE, id="a day, after a minute"),
        pytest.param(30 * DAY, SENDS + 3 * MINUTE, id="a month"),
    ],
)
def test_a_clock_that_was_ahead_costs_no_evening(ports, store, newsletter, *, clock, ahead, wrong):
    readers(store, newsletter, ["amal"], now=MORNING)
    news(store, BEIRUT, AMMAN, now=MORNING - HOUR)
    beat(ports, clock, wrong + ahead, wrong + ahead + MINUTE)
    news(store, BAGHDAD, CAIRO, now=MORNING + HOUR)

    beat(ports, clock, MORNING + 2 * HOUR, CUT_OFF, SENDS)

    today = found(store, newsletter)
    assert (today.status, today.closes_at) == (EditionStatus.SENDING, CUT_OFF)
    assert titles(today) == {BEIRUT, AMMAN, BAGHDAD, CAIRO}

    tomorrow = {f"{title} once more" for title in ("Kuwait bank", "Doha port", "Muscat market")}
    news(store, *tomorrow, now=SENDS + 10 * HOUR, source="Gulf Wire")
    beat(ports, clock, CUT_OFF + DAY, SENDS + DAY)

    next_one = found(store, newsletter, TODAY + DAY)
    assert (next_one.opens_at, next_one.closes_at) == (CUT_OFF, CUT_OFF + DAY)
    assert next_one.status is EditionStatus.SENDING


@pytest.mark.parametrize(
    ("approval", "by", "after"),
    [
        pytest.param(ApprovalPolicy.AUTOMATIC, "", EditionStatus.SENDING, id="a draft"),
        pytest.param(ApprovalPolicy.REQUIRED, "Rana", EditionStatus.SENDING, id="an approved one"),
        pytest.param(
            ApprovalPolicy.REQUIRED, "", EditionStatus.HELD, id="one that nobody approved"
        ),
    ],
)
def test_what_a_clock_that_was_ahead_held_waits_for_its_minute_again(
    ports, store, newsletter, *, clock, early, approval, by, after
):
    with store.begin() as session:
        newsletters.save(session, replace(newsletter, approval_policy=approval), now=MORNING)
    beat(ports, clock, CUT_OFF + MINUTE)
    if by:
        review.approve(ports, early.id, by=by)
    beat(ports, clock, SENDS + DAY)
    held = found(store, newsletter)

    beat(ports, clock, CUT_OFF + 2 * MINUTE)
    again = found(store, newsletter)
    beat(ports, clock, SENDS)

    assert held.status is EditionStatus.HELD
    assert again.status is (EditionStatus.APPROVED if by else EditionStatus.DRAFT)
    assert again.hold is None
    assert found(store, newsletter).status is after


def test_feeds_that_were_read_by_a_clock_that_was_ahead_are_read_again(ports, web, clock):
    polled(ports.store, web.serve("/rss", rss(item("/a"))), now=MORNING)
    beat(ports, clock, MORNING + DAY, jobs=(scheduled_jobs.collect_due,))

    beat(ports, clock, MORNING + MINUTE, MORNING + 2 * MINUTE, jobs=(scheduled_jobs.collect_due,))

    assert web.paths_asked() == ["/rss", "/rss"]


def test_a_photo_is_looked_for_again_only_when_another_story_leads(ports, newsletter, web, clock):
    store = ports.store
    with store.begin() as session:
        newsletters.save(session, replace(newsletter, min_stories=1), now=MORNING)
    web.serve("/lead", "<html><body><p>No photo.</p></body></html>")
    lead = item("/lead", at=MORNING - HOUR).replace("https://cedar.example", web.url(""))
    polled(store, web.serve("/rss", rss(lead)), now=MORNING, source="The Cedar Post")
    clock.at = MORNING
    compose_now(ports, newsletter, TODAY)
    news(store, AMMAN, now=MORNING - 20 * HOUR)
    first = web.paths_asked().count("/lead")

    said = scheduled_jobs.compose_due(ports)

    assert (said, first) == ("composed evening", 1)
    assert web.paths_asked().count("/lead") == 1


def test_a_skipped_evening_leaves_its_news_to_the_next(ports, store, newsletter, clock):
    news(store, BEIRUT, AMMAN, now=CUT_OFF - HOUR)
    beat(ports, clock, CUT_OFF, SENDS)
    news(store, BAGHDAD, now=SENDS + 10 * HOUR)
    moved(store, found(store, newsletter).id, EditionStatus.SKIPPED)
    with store.begin() as session:
        older = newsletters.list_all(session)[0]
    compose(store, older, TODAY - DAY, now=CUT_OFF - DAY)
    moved(store, found(store, newsletter, TODAY - DAY).id, EditionStatus.SENT)

    after = compose(store, newsletter, TODAY + DAY, now=CUT_OFF + DAY)

    assert after.opens_at == CUT_OFF - DAY
    assert titles(after) == {BEIRUT, AMMAN, BAGHDAD}
