"""What an earlier edition told of a live page, an opinion or an advertisement hides no news."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from newsletter.domain.articles.article import Article, PublishedArticle
from newsletter.domain.digest.builder import build_digest
from newsletter.domain.relevance.classifier import TopicClassifier
from newsletter.topics.load import bundled_topic

CLASSIFIER = TopicClassifier(bundled_topic("middle-east"))
CLOSES = datetime(2026, 3, 2, 15, tzinfo=UTC)
OPENS = CLOSES - timedelta(days=1)
LATE = OPENS - timedelta(minutes=1)  # Published before the earlier edition closed, found after it.
NEWS = Article(
    id=2,
    url="https://wire.example/2",
    title="Comet found by the desert telescope in Oman",
    source="Valley Wire",
    published_at=LATE,
    collected_at=OPENS + timedelta(hours=1),
)
EARLIER = replace(
    NEWS,
    id=70,
    url="https://post.example/world/70",
    title="Oman desert telescope finds a comet",
    source="Harbour Post",
    published_at=OPENS - timedelta(hours=3),
)


@pytest.mark.parametrize(
    ("section", "is_in"),
    [
        pytest.param("live", True, id="a live page"),
        pytest.param("opinion", True, id="an opinion"),
        pytest.param("sponsored", True, id="an advertisement"),
        pytest.param("analysis", False, id="an analysis, which tells the event"),
        pytest.param("world", False, id="news, which tells the event"),
    ],
)
@pytest.mark.parametrize(
    ("after", "goes_on"),
    [
        pytest.param(timedelta(0), False, id="of before its cut-off"),
        pytest.param(timedelta(hours=5), True, id="of after it"),
    ],
)
def test_what_was_told_swallows_the_same_event_and_nothing_else(section, is_in, after, goes_on):
    earlier = replace(EARLIER, url=f"https://post.example/{section}/70")

    digest = build_digest(
        [replace(NEWS, published_at=LATE + after)],
        classifier=CLASSIFIER,
        window=(OPENS, CLOSES),
        language="en",
        max_stories=15,
        published=[PublishedArticle(article=earlier, on=date(2026, 3, 1), closes_at=OPENS)],
    )

    assert [story.lead.id for story in digest.stories] == ([2] if is_in or goes_on else [])
    is_sequel = any("Goes on from" in one.reason for one in digest.decisions)
    assert is_sequel is (goes_on and not is_in)
