"""Which of today's stories go on from what earlier editions told of their matter."""

from datetime import UTC, date, datetime, timedelta

import pytest

from newsletter.domain.articles.article import Article, PublishedArticle
from newsletter.domain.stories.follow_ups import find_predecessors
from newsletter.domain.stories.storylines import MAX_STORYLINES

CUT_OFF = datetime(2026, 3, 1, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)
TURTLES = "Oman counts turtles on the beaches of Masirah island"
STORM = "Storm over Masirah island drives turtles from its beaches"
BRIDGE = "Basra opens a bridge over the river"


def article(title: str, published_at: datetime = CUT_OFF + HOUR) -> Article:
    return Article(
        id=1,
        url=f"https://post.example/{title.replace(' ', '-')}",
        title=title,
        source="Harbour Post",
        published_at=published_at,
        collected_at=published_at,
    )


def told(title: str, days: int = 0) -> PublishedArticle:
    """A title of the edition so many days before the last one."""
    closes_at = CUT_OFF - timedelta(days=days)
    return PublishedArticle(
        article=article(title, closes_at - HOUR), on=closes_at.date(), closes_at=closes_at
    )


def test_another_event_of_a_told_matter_goes_on_from_it_and_a_new_one_from_nothing():
    before = told(TURTLES)

    assert find_predecessors(
        [[article(STORM)], [article(BRIDGE)]], [before, told("Cairo plants palms")]
    ) == [
        before,
        None,
    ]


@pytest.mark.parametrize(
    ("after", "goes_on"),
    [
        pytest.param(-HOUR, False, id="a late report"),
        pytest.param(timedelta(0), True, id="at the cut-off"),
        pytest.param(HOUR, True, id="later"),
    ],
)
def test_only_what_came_after_the_cut_off_is_an_update(after, goes_on):
    before = told(TURTLES)

    assert find_predecessors([[article(STORM, CUT_OFF + after)]], [before]) == [
        before if goes_on else None
    ]


def test_the_last_edition_that_told_it_counts():
    editions = [told(TURTLES, days=3), told(f"{TURTLES} again", days=1), told(BRIDGE)]

    (before,) = find_predecessors([[article(STORM)]], editions)

    assert before is not None
    assert before.on == date(2026, 2, 28)


def test_of_one_edition_the_report_most_like_the_story_is_named():
    said = "Turtles of Masirah island: storm drives them from beaches"

    assert find_predecessors([[article(STORM)]], [told(TURTLES), told(said)]) == [told(said)]


def test_what_was_told_long_ago_and_much_since_is_not_searched():
    many = [told(f"Town{number} mends road{number}") for number in range(MAX_STORYLINES)]

    assert find_predecessors([[article(STORM)]], [*many, told(TURTLES, days=6)]) == [None]


def test_without_an_earlier_edition_everything_is_new():
    assert find_predecessors([[article(STORM)]], []) == [None]
