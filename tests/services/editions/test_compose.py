"""Compose: the day's articles become the edition of a date."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from newsletter.domain.editions.edition import Edition, EditionStatus, HoldReason
from newsletter.domain.newsletter import TooFewStoriesPolicy
from newsletter.errors import InvalidStateError
from newsletter.mail.content.heading import SUBJECT_CHARS
from newsletter.services.editions.compose import compose
from newsletter.services.editions.export import to_document
from newsletter.store.editions import editions
from tests.services.worlds import AMMAN, BAGHDAD, BEIRUT, CAIRO, OTHER, moved, news

TODAY = date(2026, 3, 3)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CUT_OFF = datetime.fromisoformat("2026-03-03T17:00Z")


def titles(edition: Edition) -> set[str]:
    """The titles of all articles in the edition."""
    return {one.title for story in edition.stories for one in (story.lead, *story.others)}


def test_the_day_s_articles_become_a_draft(store, newsletter, now):
    news(store, BEIRUT, AMMAN, BAGHDAD, OTHER, now=CUT_OFF - HOUR)

    edition = compose(store, newsletter, TODAY, now=now)

    assert (edition.on, edition.number, edition.status) == (TODAY, 1, EditionStatus.DRAFT)
    assert (edition.hold, edition.reason) == (None, "")
    assert titles(edition) == {BEIRUT, AMMAN, BAGHDAD}
    assert edition.sends_at == datetime.fromisoformat("2026-03-03T18:00Z")
    assert edition.composed_at == now


def test_the_subject_is_the_lead_s_title_and_the_preheader_the_next_ones(store, newsletter, now):
    news(store, BEIRUT, AMMAN, BAGHDAD, now=CUT_OFF - HOUR)

    edition = compose(store, newsletter, TODAY, now=now)

    lead, second, _ = edition.stories
    assert edition.subject == lead.title
    assert edition.preheader.startswith(f"Also: {second.title}; ")


def test_a_long_title_is_shortened_for_the_subject(store, newsletter, now):
    long = f"{BEIRUT} while the crews of tugs wait outside the breakwater for orders"
    news(store, long, now=CUT_OFF - HOUR)

    edition = compose(store, replace(newsletter, min_stories=1), TODAY, now=now)

    assert len(edition.subject) <= SUBJECT_CHARS
    assert edition.subject.startswith(BEIRUT)
    assert edition.subject.endswith("…")


@pytest.mark.parametrize(
    ("published", "collected", "is_in"),
    [
        pytest.param(-DAY, -DAY, True, id="as the window opens"),
        pytest.param(-DAY - MINUTE, -DAY, True, id="late: published before it and found in it"),
        pytest.param(-DAY - MINUTE, -DAY - MINUTE, False, id="found before it"),
        pytest.param(-2 * DAY - MINUTE, -HOUR, False, id="published more than a day before it"),
        pytest.param(-MINUTE, 20 * MINUTE, True, id="found after the cut-off"),
        pytest.param(timedelta(0), 20 * MINUTE, False, id="published at the cut-off"),
    ],
)
def test_the_first_window_is_the_day_before_the_cut_off(
    store, newsletter, now, published, collected, is_in
):
    news(store, BEIRUT, now=CUT_OFF + collected, published_at=CUT_OFF + published)

    edition = compose(store, newsletter, TODAY, now=now)

    assert (edition.opens_at, edition.closes_at) == (CUT_OFF - DAY, CUT_OFF)
    assert titles(edition) == ({BEIRUT} if is_in else set())


@pytest.mark.parametrize(
    ("days", "opens"),
    [
        pytest.param(1, -DAY, id="since yesterday"),
        pytest.param(3, -3 * DAY, id="since before a week-end"),
        pytest.param(9, -4 * DAY, id="after a long sleep no more than four days"),
    ],
)
def test_a_window_opens_where_the_last_one_closed(store, newsletter, now, days, opens):
    compose(store, newsletter, TODAY - days * DAY, now=now - days * DAY)

    edition = compose(store, newsletter, TODAY, now=now)

    assert (edition.opens_at, edition.closes_at) == (CUT_OFF + opens, CUT_OFF)


def test_composed_early_the_window_closes_now(store, newsletter, now):
    news(store, BEIRUT, now=CUT_OFF - 5 * HOUR)
    early = CUT_OFF - 4 * HOUR

    edition = compose(store, newsletter, TODAY, now=early)

    assert (edition.opens_at, edition.closes_at) == (early - DAY, early)
    assert titles(edition) == {BEIRUT}


@pytest.mark.parametrize(
    ("found", "thin_day", "fate"),
    [
        pytest.param([], TooFewStoriesPolicy.SKIP, ("draft", None, "no story"), id="nothing"),
        pytest.param(
            [], TooFewStoriesPolicy.HOLD, ("draft", None, "no story"), id="nothing to hold"
        ),
        pytest.param(
            [OTHER], TooFewStoriesPolicy.HOLD, ("draft", None, "no story"), id="nothing of ours"
        ),
        pytest.param(
            [BEIRUT, AMMAN],
            TooFewStoriesPolicy.SKIP,
            ("draft", None, "2 of at least 3"),
            id="too few",
        ),
        pytest.param(
            [BEIRUT, AMMAN],
            TooFewStoriesPolicy.HOLD,
            ("held", HoldReason.TOO_FEW_STORIES, "2 of at least 3"),
            id="too few, held",
        ),
        pytest.param(
            [BEIRUT, AMMAN, CAIRO], TooFewStoriesPolicy.SKIP, ("draft", None, ""), id="enough"
        ),
    ],
)
def test_before_its_minute_a_thin_day_is_held_or_waits_for_news(
    store, newsletter, now, found, thin_day, fate
):
    news(store, *found, now=CUT_OFF - HOUR)

    edition = compose(store, replace(newsletter, too_few_stories_policy=thin_day), TODAY, now=now)

    status, hold, reason = fate
    assert (edition.status, edition.hold) == (status, hold)
    assert reason in edition.reason
    assert bool(reason) is bool(edition.reason)


def test_a_draft_composed_anew_has_what_was_found_since(store, newsletter, now):
    news(store, BEIRUT, AMMAN, BAGHDAD, now=CUT_OFF - HOUR)
    first = compose(store, newsletter, TODAY, now=now)
    news(store, CAIRO, now=now, published_at=CUT_OFF - MINUTE, source="Gulf Wire")

    second = compose(store, newsletter, TODAY, now=now + MINUTE)

    assert (second.id, second.number) == (first.id, 1)
    assert titles(second) == {BEIRUT, AMMAN, BAGHDAD, CAIRO}
    assert second.composed_at == now + MINUTE


@pytest.mark.parametrize(
    ("status", "hold"),
    [
        pytest.param(EditionStatus.APPROVED, None, id="approved"),
        pytest.param(EditionStatus.SENDING, None, id="under way"),
        pytest.param(EditionStatus.SENT, None, id="out"),
        pytest.param(EditionStatus.HELD, HoldReason.STOPPED, id="stopped in mid-run"),
    ],
)
def test_an_edition_that_is_settled_is_not_composed_anew(store, newsletter, now, status, hold):
    news(store, BEIRUT, AMMAN, BAGHDAD, now=CUT_OFF - HOUR)
    first = compose(store, newsletter, TODAY, now=now)
    moved(store, first.id, status, hold=hold)
    news(store, CAIRO, now=CUT_OFF - MINUTE)

    with pytest.raises(InvalidStateError, match="approved or out already"):
        compose(store, newsletter, TODAY, now=now)

    with store.begin() as session:
        assert titles(editions.by_id(session, first.id)) == {BEIRUT, AMMAN, BAGHDAD}


@pytest.mark.parametrize(
    ("hold", "after"),
    [
        pytest.param(HoldReason.EDITOR, ("held", HoldReason.EDITOR, "Check it."), id="an editor's"),
        pytest.param(
            HoldReason.TOO_FEW_STORIES,
            ("draft", None, ""),
            id="of a thin day that is none any more",
        ),
        pytest.param(HoldReason.REFUSED, ("draft", None, ""), id="of an email that was refused"),
    ],
)
def test_only_an_editor_s_hold_outlives_composing_anew(store, newsletter, now, hold, after):
    news(store, BEIRUT, AMMAN, BAGHDAD, now=CUT_OFF - HOUR)
    first = compose(store, newsletter, TODAY, now=now)
    moved(store, first.id, EditionStatus.HELD, hold=hold, reason="Check it.")
    news(store, CAIRO, now=CUT_OFF - MINUTE)

    second = compose(store, newsletter, TODAY, now=now)

    assert (second.status, second.hold, second.reason) == after
    assert CAIRO in titles(second)


def test_the_edition_as_a_document_says_what_is_in_and_what_is_out(store, newsletter, now):
    news(store, BEIRUT, AMMAN, BAGHDAD, OTHER, now=CUT_OFF - HOUR)
    edition = compose(store, newsletter, TODAY, now=now)
    with store.begin() as session:
        decided = editions.decisions(session, edition.id)

    told = json.loads(json.dumps(to_document(edition, newsletter, decided)))

    assert (told["edition"]["date"], told["edition"]["newsletter"]) == ("2026-03-03", "evening")
    assert [one["title"] for one in told["stories"]] == [one.title for one in edition.stories]
    assert all(one["articles"][0]["is_lead"] for one in told["stories"])
    assert [one["title"] for one in told["left_out"]] == [OTHER]
    assert all(one["reason"] for one in told["left_out"])
