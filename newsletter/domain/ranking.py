"""How much a story matters tonight: every weight in one place."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from newsletter.domain.article import Article
from newsletter.domain.digest import Label

SOURCE_WEIGHT = 1.0  # A feed's own standing, 1.0 for most.
REPORTED_BY = 1.4  # For each doubling of the sources: what many report is what happened today.
FRESHNESS = 0.8  # For a story of this minute; none for one of a day ago.
PROMINENCE = 0.8  # At the top of its feed, where the newsroom put it; half as much five below.
DEPTH = 0.3  # For a long read; none for a headline.
RELEVANCE = 0.15  # For each point of relevance, up to eight: the subject before the side-show.
KIND = {
    Label.NEWS: 0.0,
    Label.ANALYSIS: -0.6,
    Label.LIVE: -0.8,  # A live page is many stories, told better one by one.
    Label.OPINION: -1.2,  # An evening is led by what happened, not by what somebody thinks of it.
    Label.SPONSORED: -4.0,
}

_HALF_PROMINENT_AT = 5
_LONG_READ_CHARS = 4_000
_MOST_RELEVANT = 8.0


def score(
    articles: Sequence[Article], *, relevance: float, kind: Label, closes_at: datetime
) -> float:
    """The story's score, without unit; articles are those that tell it, relevance the best of
    theirs.
    """
    newest = max(article.published_at for article in articles)
    age = (closes_at - newest) / timedelta(days=1)
    position = min(article.position for article in articles)
    longest = max(len(article.text) or len(article.summary) for article in articles)
    return round(
        SOURCE_WEIGHT * max(article.weight for article in articles)
        + REPORTED_BY * math.log2(len({article.source for article in articles}))
        + FRESHNESS * max(0.0, 1.0 - age)
        + PROMINENCE / (1 + position / _HALF_PROMINENT_AT)
        + DEPTH * min(1.0, longest / _LONG_READ_CHARS)
        + RELEVANCE * min(relevance, _MOST_RELEVANT)
        + KIND[kind],
        3,
    )
