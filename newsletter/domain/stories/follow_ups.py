"""What earlier editions told, and which of today's stories go on from it."""

from collections.abc import Sequence
from datetime import datetime

from newsletter.domain.articles.article import Article, PublishedArticle
from newsletter.domain.stories.storylines import MAX_STORYLINES, assign_storylines


def find_predecessors(
    stories: Sequence[Sequence[Article]], told: Sequence[PublishedArticle]
) -> list[PublishedArticle | None]:
    """For each story what an earlier edition told of its matter; None for one that is new.

    The last edition that told it counts, of that the report most like the story, and only when the
    story has one from after its cut-off: what is older is late, and goes on from nothing.
    """
    latest = sorted(told, key=recency, reverse=True)[:MAX_STORYLINES]
    places = assign_storylines([*((one.article,) for one in latest), *stories])
    last: dict[int, PublishedArticle] = {}  # by the place of the matter; the latest comes first
    for place, one in zip(places, latest, strict=False):
        last.setdefault(place, one)
    found = []
    for story, place in zip(stories, places[len(latest) :], strict=True):
        before = last.get(place)
        if before and latest[place].on == before.on:
            before = latest[place]
        found.append(before if before and _newest(story) >= before.closes_at else None)
    return found


def recency(one: PublishedArticle) -> tuple[datetime, str]:
    """Sorts the articles of the last edition last."""
    return one.closes_at, one.article.url


def _newest(story: Sequence[Article]) -> datetime:
    return max(article.published_at for article in story)
