"""When an edition is composed anew by itself, what it lacks, and the minute it goes out."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from newsletter.domain.articles.article import Article
from newsletter.domain.digest.digest import Placement, Story
from newsletter.domain.editions.edition import Edition, EditionState, EditionStatus, HoldReason
from newsletter.domain.editions.recomposition import (
    FeedHealth,
    decide_composed_state,
    decide_state_at_minute,
    describe_shortage,
    is_composed_by_itself,
    is_outdated,
    release_minute,
    reopened_status,
)
from newsletter.domain.newsletter import Newsletter, TooFewStoriesPolicy
from tests.cases import for_each

MINUTE = datetime(2026, 3, 3, 18, 0, tzinfo=UTC)
CUT_OFF, HOUR, DAY = MINUTE - timedelta(hours=1), timedelta(hours=1), timedelta(days=1)
SECOND = timedelta(seconds=1)
NEWSLETTER = Newsletter(id=1, slug="evening", name="Evening", sender_address="e@post.example")
HOLDS = replace(NEWSLETTER, too_few_stories_policy=TooFewStoriesPolicy.HOLD)
WELL = FeedHealth(polled=3)
DRAFT, APPROVED, HELD = EditionStatus.DRAFT, EditionStatus.APPROVED, EditionStatus.HELD
SKIPPED, SENT = EditionStatus.SKIPPED, EditionStatus.SENT


def story(number: int) -> Story:
    article = Article(
        id=number,
        url=f"https://cedar.example/{number}",
        title="Beirut port reopens",
        source="The Cedar Post",
        published_at=CUT_OFF - HOUR,
        collected_at=CUT_OFF - HOUR,
    )
    return Story(
        title=article.title,
        summary="",
        section="Lebanon",
        placement=Placement.SECTION,
        lead=article,
        score=1.0,
        reason="",
    )


def edition(stories: int = 3, **changes: Any) -> Edition:
    made = Edition(
        id=1,
        newsletter_id=1,
        on=date(2026, 3, 3),
        number=1,
        status=DRAFT,
        opens_at=CUT_OFF - DAY,
        closes_at=CUT_OFF,
        sends_at=MINUTE,
        composed_at=CUT_OFF,
        subject="A bridge opens",
        preheader="",
        stories=tuple(story(number) for number in range(stories)),
    )
    return replace(made, **changes)


@for_each(
    ("stories", "feeds", "says"),
    [
        pytest.param(3, WELL, [], id="enough"),
        pytest.param(3, FeedHealth(), [], id="enough, whatever the feeds are"),
        pytest.param(0, WELL, ["no story about the topic today."], id="nothing"),
        pytest.param(2, WELL, ["2 of at least 3 stories."], id="too few"),
        pytest.param(0, FeedHealth(), ["no story", "No feed is read yet"], id="no feed"),
        pytest.param(0, FeedHealth(from_files=1), ["no story"], id="files only"),
        pytest.param(
            0,
            FeedHealth(polled=2, failing=2),
            ["no story", "None of the feeds could be read (2)"],
            id="none that works",
        ),
        pytest.param(
            1,
            FeedHealth(polled=3, unread=1, failing=1),
            ["1 of at least 3", "1 of 3 feeds have not been read", "1 of 3 feeds could not be"],
            id="some that do not",
        ),
    ],
)
def test_what_an_edition_lacks_is_said_in_words(stories, feeds, says):
    shortage = describe_shortage(NEWSLETTER, stories, feeds)

    assert bool(shortage) is bool(says)
    assert all(part in shortage for part in says)


@pytest.mark.parametrize(
    ("newsletter", "stories", "before", "at_minute"),
    [
        pytest.param(NEWSLETTER, 3, (DRAFT, None), None, id="enough"),
        pytest.param(NEWSLETTER, 2, (DRAFT, None), (SKIPPED, None), id="too few, to be skipped"),
        pytest.param(
            HOLDS,
            2,
            (HELD, HoldReason.TOO_FEW_STORIES),
            (HELD, HoldReason.TOO_FEW_STORIES),
            id="too few, to be held",
        ),
        pytest.param(HOLDS, 0, (DRAFT, None), (SKIPPED, None), id="nothing to hold"),
        pytest.param(
            replace(NEWSLETTER, min_stories=0), 0, (DRAFT, None), (SKIPPED, None), id="nothing"
        ),
    ],
)
def test_nothing_is_skipped_before_its_minute(newsletter, stories, before, at_minute):
    state = decide_composed_state(newsletter, stories, WELL)
    later = decide_state_at_minute(edition(stories), newsletter, WELL)

    assert (state.status, state.hold) == before
    assert (later and (later.status, later.hold)) == at_minute


def test_what_a_person_approved_goes_out_however_thin():
    assert decide_state_at_minute(edition(1, status=APPROVED), NEWSLETTER, WELL) is None


@pytest.mark.parametrize("status", [DRAFT, APPROVED])
def test_on_a_day_off_nothing_goes_out(status):
    weekend = replace(NEWSLETTER, days=frozenset({6, 7}))

    state = decide_state_at_minute(edition(status=status), weekend, WELL)

    reason = "Tuesday is not a day on which it goes out."
    assert state == EditionState(status=SKIPPED, reason=reason)


@for_each(
    ("changes", "now", "is_open"),
    [
        pytest.param({}, CUT_OFF - DAY, True, id="a draft long before"),
        pytest.param({}, MINUTE + HOUR, True, id="a draft that is not decided yet"),
        pytest.param({"status": SKIPPED}, MINUTE - SECOND, True, id="skipped, before its minute"),
        pytest.param({"status": SKIPPED}, MINUTE, False, id="skipped at its minute"),
        pytest.param(
            {"status": HELD, "hold": HoldReason.TOO_FEW_STORIES}, MINUTE - SECOND, True, id="thin"
        ),
        pytest.param(
            {"status": HELD, "hold": HoldReason.TOO_FEW_STORIES},
            MINUTE,
            False,
            id="thin, at its minute",
        ),
        pytest.param(
            {"status": HELD, "hold": HoldReason.EDITOR, "closes_at": CUT_OFF - HOUR},
            MINUTE,
            True,
            id="looked at early, and never since",
        ),
        pytest.param({"status": APPROVED}, CUT_OFF - DAY, False, id="approved"),
        pytest.param({"status": HELD, "hold": HoldReason.STOPPED}, CUT_OFF, False, id="in mid-run"),
        pytest.param({"status": SENT}, CUT_OFF, False, id="out"),
    ],
)
def test_only_what_was_composed_by_itself_is_composed_anew(changes, now, is_open):
    assert is_composed_by_itself(edition(**changes), NEWSLETTER, now=now) is is_open


@for_each(
    ("changes", "now", "outdated"),
    [
        pytest.param({}, CUT_OFF, False, id="closed at its cut-off"),
        pytest.param({"closes_at": CUT_OFF - SECOND}, CUT_OFF, True, id="its cut-off has come"),
        pytest.param({"closes_at": CUT_OFF - HOUR}, CUT_OFF - SECOND, False, id="not yet"),
        pytest.param({"composed_at": CUT_OFF + DAY}, CUT_OFF, True, id="by a clock ahead"),
        pytest.param({"composed_at": CUT_OFF + 9 * SECOND}, CUT_OFF, False, id="by another clock"),
        pytest.param({"status": SKIPPED}, CUT_OFF, True, id="skipped too early"),
        pytest.param({"stories": 0}, CUT_OFF, True, id="of a shortage not told yet"),
        pytest.param({"reason": "Too few."}, CUT_OFF, True, id="of a shortage that is none"),
        pytest.param(
            {"status": HELD, "hold": HoldReason.TOO_FEW_STORIES}, CUT_OFF, True, id="thin no more"
        ),
        pytest.param({"status": HELD, "hold": HoldReason.EDITOR}, CUT_OFF, False, id="an editor's"),
        pytest.param({"status": HELD, "hold": HoldReason.REFUSED}, CUT_OFF, False, id="refused"),
    ],
)
def test_an_edition_is_outdated_by_its_time_or_by_its_state(changes, now, outdated):
    assert is_outdated(edition(**changes), NEWSLETTER, WELL, now=now) is outdated


@pytest.mark.parametrize(
    ("newsletter", "released_at", "minute"),
    [
        pytest.param(NEWSLETTER, None, MINUTE, id="by the schedule"),
        pytest.param(NEWSLETTER, MINUTE + HOUR, MINUTE + HOUR, id="let go after it"),
        pytest.param(replace(NEWSLETTER, zone="Asia/Beirut"), None, MINUTE - 2 * HOUR, id="zone"),
        pytest.param(
            replace(NEWSLETTER, sends_at=MINUTE.time().replace(hour=21)),
            MINUTE + HOUR,
            MINUTE + 3 * HOUR,
            id="put off after it was let go",
        ),
    ],
)
def test_the_minute_is_that_of_the_schedule_as_it_is_now(newsletter, released_at, minute):
    assert release_minute(edition(released_at=released_at), newsletter) == minute


@for_each(
    ("changes", "now", "status"),
    [
        pytest.param({"hold": HoldReason.LATE}, MINUTE + HOUR, DRAFT, id="late no more"),
        pytest.param(
            {"hold": HoldReason.LATE, "decided_by": "Rana"}, MINUTE, APPROVED, id="approved before"
        ),
        pytest.param({"hold": HoldReason.LATE}, MINUTE + 3 * HOUR, None, id="late"),
        pytest.param(
            {"hold": HoldReason.UNAPPROVED}, MINUTE - SECOND, DRAFT, id="its minute comes"
        ),
        pytest.param({"hold": HoldReason.UNAPPROVED}, MINUTE, None, id="nobody approved it"),
        pytest.param(
            {"hold": HoldReason.EDITOR, "decided_by": "Rana"}, CUT_OFF, None, id="an editor's"
        ),
        pytest.param({"hold": HoldReason.TOO_FEW_STORIES}, CUT_OFF, None, id="thin"),
        pytest.param(
            {"hold": HoldReason.LATE, "frozen_at": CUT_OFF}, CUT_OFF, None, id="in mid-run"
        ),
        pytest.param({"status": SKIPPED}, MINUTE - SECOND, DRAFT, id="skipped too early"),
        pytest.param({"status": SKIPPED}, MINUTE, None, id="skipped"),
        pytest.param({"status": SENT}, CUT_OFF, None, id="out"),
    ],
)
def test_what_a_rule_kept_back_waits_for_its_minute_again(changes, now, status):
    kept_back = edition(**{"status": HELD} | changes)

    assert reopened_status(kept_back, NEWSLETTER, now=now) is status
