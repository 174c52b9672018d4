"""Follow-ups: which of today's stories continue one that an earlier edition published."""

from collections.abc import Sequence
from datetime import datetime

from newsletter.domain.articles.article import Article, PublishedArticle
from newsletter.domain.stories.storylines import MAX_STORYLINES, assign_storylines


def find_predecessors(
    stories: Sequence[Sequence[Article]], published: Sequence[PublishedArticle]
) -> list[PublishedArticle | None]:
    """Return for each story what an earlier edition published of its storyline; None if nothing.

    1. Assign storylines to the latest published articles and the stories together.
    2. Of a story's storyline take the last edition, and of that the article most like the story.
    3. It is a follow-up only with a report from after that edition's end: an older one is late.
    """
    latest = sorted(published, key=recency, reverse=True)[:MAX_STORYLINES]
    leaders = assign_storylines([*((earlier.article,) for earlier in latest), *stories])
    last: dict[int, PublishedArticle] = {}  # by the leader of the storyline; the latest comes first
    for leader, earlier in zip(leaders, latest, strict=False):
        last.setdefault(leader, earlier)
    predecessors = []
    for story, leader in zip(stories, leaders[len(latest) :], strict=True):
        predecessor = last.get(leader)
        if predecessor and latest[leader].on == predecessor.on:
            predecessor = latest[leader]
        is_follow_up = predecessor and _newest(story) >= predecessor.closes_at
        predecessors.append(predecessor if is_follow_up else None)
    return predecessors


def recency(published: PublishedArticle) -> tuple[datetime, str]:
    """Sort the articles of the last edition last."""
    return published.closes_at, published.article.url


def _newest(story: Sequence[Article]) -> datetime:
    return max(article.published_at for article in story)
