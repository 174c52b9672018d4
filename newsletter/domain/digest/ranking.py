"""Step 3, rank: how much a story matters tonight, as a sum that an editor can read."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from newsletter.domain.articles.article import Article
from newsletter.domain.articles.labels import Label
from newsletter.domain.digest.candidates import Candidate, Event, Report, by_score
from newsletter.domain.digest.digest import ScoreComponent
from newsletter.domain.topic import RankingWeights

_HALF_PROMINENCE_POSITION = 5  # RankingWeights.prominence: half of it five places below the top.
_LONG_READ_CHARS = 4_000  # Some 700 words; a longer text is no deeper for it.
_MAX_RELEVANCE = 8.0  # Two names in the title and a full lead; more names say nothing more.
DIGITS = 3  # An editor adds the components up by hand; a thousandth never decides an evening.


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingSignals:
    """What is known of a story besides its articles. relevance is the best of its articles'."""

    relevance: float
    label: Label
    closes_at: datetime
    is_set_elsewhere: bool = False
    is_round_up: bool = False


def rank_events(
    events: Iterable[Event], weights: RankingWeights, *, closes_at: datetime
) -> list[Candidate]:
    """Return the events as candidates, the highest score first; closes_at ends the window.

    Each is led by its best report: see _lead_order.
    """
    return sorted((_candidate(event, weights, closes_at) for event in events), key=by_score)


def _candidate(event: Event, weights: RankingWeights, closes_at: datetime) -> Candidate:
    reports = tuple(sorted(event.reports, key=_lead_order))
    lead = reports[0]
    signals = RankingSignals(
        relevance=max(report.verdict.score for report in reports),
        label=lead.label,
        closes_at=closes_at,
        is_set_elsewhere=lead.verdict.is_set_elsewhere,
        is_round_up=lead.is_round_up,
    )
    components = score_components([report.article for report in reports], signals, weights)
    return Candidate(
        reports=reports,
        label=lead.label,
        score=total_score(components),
        score_components=components,
        follow_up_to=event.follow_up_to,
    )


def _lead_order(report: Report) -> tuple[object, ...]:
    """Sort first the report that should lead its story.

    In this order: it is news; its summary is whole; its feed's weight; it has an image; its place
    in its feed; its relevance; its address, so that the order is always the same.
    """
    article = report.article
    return (
        report.label is not Label.NEWS,
        not report.summary or report.summary.endswith("…"),
        -article.weight,
        article.image is None,
        article.position,
        -report.verdict.score,
        article.url,
    )


def score_components(
    articles: Sequence[Article], signals: RankingSignals, weights: RankingWeights
) -> tuple[ScoreComponent, ...]:
    """Return what makes up the score of the story that these articles report."""
    components = [
        _source_component(articles, weights),
        coverage_component(articles, weights),
        _freshness_component(articles, signals, weights),
        _prominence_component(articles, weights),
        _depth_component(articles, weights),
        _relevance_component(signals, weights),
    ]
    if signals.is_set_elsewhere:
        why = "it plays elsewhere, and only names ours"
        components.append(ScoreComponent("away", weights.away, why))
    if signals.is_round_up:
        components.append(ScoreComponent("round-up", weights.round_up, "many stories in one"))
    if signals.label is not Label.NEWS:
        label = signals.label.value
        components.append(ScoreComponent(label, getattr(weights, label), "its kind"))
    return tuple(replace(part, points=round(part.points, DIGITS)) for part in components)


def _source_component(articles: Sequence[Article], weights: RankingWeights) -> ScoreComponent:
    best = max(article.weight for article in articles)
    how = f"{weights.source:g} × standing {best:g}"
    return ScoreComponent("source", weights.source * best, how)


def _freshness_component(
    articles: Sequence[Article], signals: RankingSignals, weights: RankingWeights
) -> ScoreComponent:
    age = max(signals.closes_at - max(article.published_at for article in articles), timedelta())
    hours = age / timedelta(hours=1)
    how = f"{hours:.1f} hours old, {weights.freshness:g} × (1 - {min(hours, 24):.1f}/24)"
    fresh = max(0.0, 1.0 - age / timedelta(days=1))
    return ScoreComponent("freshness", weights.freshness * fresh, how)


def _prominence_component(articles: Sequence[Article], weights: RankingWeights) -> ScoreComponent:
    position = min(article.position for article in articles)
    how = f"place {position + 1} in its feed, {weights.prominence:g} ÷ "
    how += f"(1 + {position}/{_HALF_PROMINENCE_POSITION})"
    points = weights.prominence / (1 + position / _HALF_PROMINENCE_POSITION)
    return ScoreComponent("prominence", points, how)


def _depth_component(articles: Sequence[Article], weights: RankingWeights) -> ScoreComponent:
    chars = max(len(article.text) or len(article.summary) for article in articles)
    counted = min(chars, _LONG_READ_CHARS)
    how = f"{chars} characters, {weights.depth:g} × {counted}/{_LONG_READ_CHARS}"
    return ScoreComponent("depth", weights.depth * counted / _LONG_READ_CHARS, how)


def _relevance_component(signals: RankingSignals, weights: RankingWeights) -> ScoreComponent:
    relevance = min(signals.relevance, _MAX_RELEVANCE)
    how = f"{weights.relevance:g} × {relevance:g}"
    return ScoreComponent("relevance", weights.relevance * relevance, how)


def coverage_component(articles: Iterable[Article], weights: RankingWeights) -> ScoreComponent:
    """Return the component for how many sources report it."""
    sources = len({article.source for article in articles})
    points = round(weights.reported_by * math.log2(sources), DIGITS)
    how = f"{weights.reported_by:g} × log2 of {_count_in_words(sources, 'source')}"
    return ScoreComponent("reported by", points, how)


def total_score(components: Sequence[ScoreComponent]) -> float:
    """Return the sum of the components' points."""
    return round(sum(component.points for component in components), DIGITS)


def _count_in_words(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
