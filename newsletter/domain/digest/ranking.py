"""How much a story matters tonight, as a sum that an editor can read."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.domain.articles.article import Article
from newsletter.domain.articles.labels import Label
from newsletter.domain.digest.digest import ScoreComponent
from newsletter.domain.topic import RankingWeights

_HALF_PROMINENT_AT = 5
_LONG_READ_CHARS = 4_000
_MOST_RELEVANT = 8.0
DIGITS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingSignals:
    """What is known of a story besides its articles."""

    relevance: float  # the best of its articles'
    kind: Label
    closes_at: datetime
    is_set_elsewhere: bool = False  # it plays elsewhere, and only names ours
    is_round_up: bool = False


def score_components(
    articles: Sequence[Article], merits: RankingSignals, weights: RankingWeights
) -> tuple[ScoreComponent, ...]:
    """The lines that make a story's score; articles are those that tell it."""
    best = max(article.weight for article in articles)
    age = max(merits.closes_at - max(one.published_at for one in articles), timedelta())
    position = min(article.position for article in articles)
    chars = max(len(article.text) or len(article.summary) for article in articles)
    fresh = max(0.0, 1.0 - age / timedelta(days=1))
    relevance = min(merits.relevance, _MOST_RELEVANT)
    hours, long = age / timedelta(hours=1), min(chars, _LONG_READ_CHARS)
    place = f"place {position + 1} in its feed, {weights.prominence:g} ÷ "
    place += f"(1 + {position}/{_HALF_PROMINENT_AT})"
    lines = [
        ScoreComponent("source", weights.source * best, f"{weights.source:g} × standing {best:g}"),
        coverage_component(articles, weights),
        ScoreComponent(
            "freshness",
            weights.freshness * fresh,
            f"{hours:.1f} hours old, {weights.freshness:g} × (1 - {min(hours, 24):.1f}/24)",
        ),
        ScoreComponent(
            "prominence", weights.prominence / (1 + position / _HALF_PROMINENT_AT), place
        ),
        ScoreComponent(
            "depth",
            weights.depth * long / _LONG_READ_CHARS,
            f"{chars} characters, {weights.depth:g} × {long}/{_LONG_READ_CHARS}",
        ),
        ScoreComponent(
            "relevance", weights.relevance * relevance, f"{weights.relevance:g} × {relevance:g}"
        ),
    ]
    if merits.is_set_elsewhere:
        lines.append(
            ScoreComponent("away", weights.away, "it plays elsewhere, and only names ours")
        )
    if merits.is_round_up:
        lines.append(ScoreComponent("round-up", weights.round_up, "many stories in one"))
    if merits.kind is not Label.NEWS:
        lines.append(
            ScoreComponent(merits.kind.value, getattr(weights, merits.kind.value), "its kind")
        )
    return tuple(
        ScoreComponent(one.name, round(one.points, DIGITS), one.explanation) for one in lines
    )


def coverage_component(articles: Iterable[Article], weights: RankingWeights) -> ScoreComponent:
    """The line for how many sources tell it."""
    sources = len({article.source for article in articles})
    points = round(weights.reported_by * math.log2(sources), DIGITS)
    how = f"{weights.reported_by:g} × log2 of {_counted(sources, 'source')}"
    return ScoreComponent("reported by", points, how)


def total_score(lines: Sequence[ScoreComponent]) -> float:
    """The sum of the lines."""
    return round(sum(one.points for one in lines), DIGITS)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
