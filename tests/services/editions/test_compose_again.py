"""What one edition told is not told again by the next."""

from datetime import date, datetime, timedelta

import pytest

from newsletter.domain.editions.edition import EditionStatus
from newsletter.services.editions.compose import compose
from newsletter.services.editions.export import to_document
from newsletter.store import Store
from newsletter.store.editions import editions
from tests.services.worlds import AMMAN, BAGHDAD, BEIRUT, CAIRO, moved, news

TODAY = date(2026, 3, 3)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CUT_OFF = datetime.fromisoformat("2026-03-03T17:00Z")
LATER = datetime.fromisoformat("2026-03-04T17:30Z")


@pytest.fixture
def first(store, newsletter, now):
    """Tuesday's edition: Beirut, Amman and Baghdad."""
    news(store, BEIRUT, AMMAN, BAGHDAD, now=CUT_OFF - HOUR)
    return compose(store, newsletter, TODAY, now=now)


def decided(store: Store, edition_id: int) -> dict[tuple[str, str], str]:
    """The reasons for what is left out, by title and source."""
    with store.begin() as session:
        made = editions.decisions(session, edition_id)
    return {(one.article.title, one.article.source): one.reason for one in made if not one.is_in}


def test_an_article_of_two_windows_is_told_in_the_first(store, newsletter, now):
    news(store, BEIRUT, AMMAN, now=CUT_OFF - HOUR)
    news(store, BAGHDAD, now=CUT_OFF + MINUTE, published_at=CUT_OFF - MINUTE)
    compose(store, newsletter, TODAY, now=now)

    second = compose(store, newsletter, TODAY + DAY, now=LATER)

    assert second.stories == ()
    reasons = decided(store, second.id)
    assert reasons[BAGHDAD, "The Cedar Post"] == "In the edition of 3 March 2026 already."


def test_a_late_report_of_a_told_event_is_left_out(store, newsletter, first):
    reported = CUT_OFF - HOUR
    news(store, BEIRUT, now=CUT_OFF + HOUR, published_at=reported, source="Gulf Wire")

    second = compose(store, newsletter, TODAY + DAY, now=LATER)

    assert second.stories == ()
    reason = decided(store, second.id)[BEIRUT, "Gulf Wire"]
    assert reason == f"Its story was told on 3 March 2026: “{BEIRUT}”."


def test_what_happened_since_goes_on_from_the_edition_that_told_it(store, newsletter, first):
    news(store, BEIRUT, CAIRO, now=CUT_OFF + 5 * HOUR, source="Gulf Wire")

    second = compose(store, newsletter, TODAY + DAY, now=LATER)

    reasons = {story.title: story.reason for story in second.stories}
    assert reasons.keys() == {BEIRUT, CAIRO}
    assert reasons[BEIRUT].endswith(f"Goes on from “{BEIRUT}” in the edition of 3 March 2026.")
    assert "Goes on" not in reasons[CAIRO]
    since = {story.title: story.follows_edition_of for story in second.stories}
    assert since == {BEIRUT: TODAY, CAIRO: None}
    told = to_document(second, newsletter, ())["stories"]
    assert {one["title"]: one["since"] for one in told} == {BEIRUT: "2026-03-03", CAIRO: None}


def test_a_skipped_edition_told_nobody_anything(store, newsletter, first):
    moved(store, first.id, EditionStatus.SKIPPED)
    reported = CUT_OFF - HOUR
    news(store, BEIRUT, now=CUT_OFF + HOUR, published_at=reported, source="Gulf Wire")

    second = compose(store, newsletter, TODAY + DAY, now=LATER)

    assert [story.title for story in second.stories] == [BEIRUT]


def test_composing_the_same_date_anew_tells_its_stories_again(store, newsletter, first, now):
    again = compose(store, newsletter, TODAY, now=now)

    assert {story.title for story in again.stories} == {BEIRUT, AMMAN, BAGHDAD}
