"""What earlier editions told is not told again, unless something happened since."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from newsletter.domain.articles.article import Article, PublishedArticle
from newsletter.domain.digest.builder import build_digest
from newsletter.domain.digest.digest import Digest
from newsletter.domain.relevance.classifier import TopicClassifier
from newsletter.topics.load import bundled_topic

CLASSIFIER = TopicClassifier(bundled_topic("middle-east"))
CLOSES = datetime(2026, 3, 2, 15, tzinfo=UTC)
OPENS = CLOSES - timedelta(days=1)
FIRST = Article(
    id=1,
    url="https://post.example/1",
    title="Oman desert telescope finds a comet",
    source="Harbour Post",
    published_at=OPENS + timedelta(hours=9),
    collected_at=OPENS + timedelta(hours=9),
)
SAME = replace(
    FIRST,
    id=2,
    url="https://wire.example/2",
    title="Comet found by the desert telescope in Oman",
    source="Valley Wire",
)


def digest(articles: list[Article], *, published: list[PublishedArticle]) -> Digest:
    window = (OPENS, CLOSES)
    return build_digest(
        articles,
        classifier=CLASSIFIER,
        window=window,
        language="en",
        max_stories=15,
        published=published,
    )


def published_earlier(
    one: Article, *, on: date = date(2026, 3, 1), closes_at: datetime = OPENS
) -> PublishedArticle:
    return PublishedArticle(article=one, on=on, closes_at=closes_at)


def reason(result: Digest, id_: int) -> str:
    return next(one.reason for one in result.decisions if one.article.id == id_)


def test_an_article_of_an_earlier_edition_never_comes_again():
    result = digest([FIRST], published=[published_earlier(FIRST)])

    assert result.stories == ()
    assert reason(result, 1) == "In the edition of 1 March 2026 already."


def test_a_late_report_of_a_story_already_told_stays_out_and_names_it():
    earlier = replace(FIRST, id=70, published_at=OPENS - timedelta(hours=3))
    late = replace(SAME, published_at=OPENS - timedelta(seconds=1))

    result = digest([late], published=[published_earlier(earlier)])

    assert result.stories == ()
    assert reason(result, 2) == f"Its story was told on 1 March 2026: “{FIRST.title}”."


@pytest.mark.parametrize(
    "since",
    [pytest.param(timedelta(0), id="at the cut-off"), pytest.param(timedelta(hours=5), id="later")],
)
def test_a_told_story_that_goes_on_comes_in_and_says_so(since):
    earlier = replace(FIRST, id=70, published_at=OPENS - timedelta(hours=3))

    result = digest(
        [replace(SAME, published_at=OPENS + since)], published=[published_earlier(earlier)]
    )

    assert [story.lead.id for story in result.stories] == [2]
    assert result.stories[0].follows_edition_of == date(2026, 3, 1)
    said = f"Goes on from “{FIRST.title}” in the edition of 1 March 2026."
    assert result.stories[0].reason.endswith(said)
    assert result.stories[0].others == ()


def test_of_several_earlier_editions_the_last_decides():
    older = replace(FIRST, id=70, published_at=OPENS - timedelta(hours=20))
    newer = replace(FIRST, id=71, published_at=OPENS - timedelta(hours=2))
    editions = [
        published_earlier(newer, on=date(2026, 3, 1), closes_at=OPENS),
        published_earlier(older, on=date(2026, 2, 28), closes_at=OPENS - timedelta(hours=10)),
    ]
    between = replace(SAME, published_at=OPENS - timedelta(hours=1))

    assert "told on 1 March 2026" in reason(digest([between], published=editions), 2)


def test_another_story_is_not_mistaken_for_a_told_one():
    other = replace(
        FIRST, id=8, title="Oman bans plastic bottles", published_at=OPENS - timedelta(hours=1)
    )

    (story,) = digest([other], published=[published_earlier(replace(FIRST, id=70))]).stories
    assert story.follows_edition_of is None


def test_an_earlier_article_is_no_part_of_todays_story():
    earlier = replace(FIRST, id=70, published_at=OPENS - timedelta(hours=3))

    result = digest([SAME], published=[published_earlier(earlier)])

    assert [one.article for one in result.decisions] == [SAME]
    assert "Reported by" not in result.stories[0].reason


@pytest.mark.parametrize("seed", range(4))
def test_the_order_in_which_earlier_editions_are_named_changes_nothing(seed):
    titles = [FIRST.title, SAME.title, "Desert telescope in Oman: comet found"]
    editions = [
        published_earlier(replace(FIRST, id=70 + at, url=f"https://old.example/{at}", title=title))
        for at, title in enumerate(titles)
    ]
    late = replace(SAME, published_at=OPENS - timedelta(minutes=1))
    expected = digest([late], published=editions)

    random.Random(seed).shuffle(editions)

    assert digest([late], published=editions) == expected
    assert expected.stories == ()
