"""From a window's articles to a digest: judged, grouped, ranked, limited, each with a reason."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from newsletter.domain.articles.article import Article
from newsletter.domain.articles.labels import Label, content_label, is_round_up
from newsletter.domain.articles.language import language_mismatch
from newsletter.domain.articles.summary import make_summary
from newsletter.domain.digest.digest import Digest
from newsletter.domain.digest.explanations import DecisionNotes, day, explain_decisions
from newsletter.domain.digest.placement import place_stories
from newsletter.domain.digest.ranking import RankingSignals, score_components, total_score
from newsletter.domain.digest.selection import (
    EVENTS,
    Candidate,
    Rejections,
    by_score,
    merge_storylines,
    select_stories,
)
from newsletter.domain.relevance.classifier import RelevanceVerdict, TopicClassifier
from newsletter.domain.stories.clustering import cluster_articles
from newsletter.domain.stories.follow_ups import PublishedArticle, find_predecessors, recency
from newsletter.domain.topic import RankingWeights


def build_digest(
    articles: Sequence[Article],
    *,
    judge: TopicClassifier,
    window: tuple[datetime, datetime],
    language: str,
    max_stories: int,
    told: Sequence[PublishedArticle] = (),
) -> Digest:
    """The digest of the window's articles. The order they come in changes nothing.

    window is half-open. told are the articles of earlier editions; what they told is not told
    again unless something happened since.
    """
    opens_at, closes_at = window
    out: Rejections = {}
    known = {one.article.id: one for one in told}
    verdicts = _judged(articles, judge, language, known, out)
    relevant = [article for article in articles if article.id in verdicts]
    groups = _grouped(relevant, [one.article for one in told])
    weights = judge.topic.weights
    candidates = [
        _candidate(new, verdicts, weights, closes_at, before)
        for members in groups
        for new, before in [_news(members, verdicts, known, out)]
        if new
    ]
    candidates.sort(key=by_score)
    matters = merge_storylines(candidates, weights)
    chosen = _going_on(select_stories(matters, max_stories, out), told)
    stories = place_stories(chosen, judge.topic, language)
    led_before = {one.id for story in chosen for one in story.articles[1:]}  # by a full source
    reasons = DecisionNotes(
        out=out,
        parts={
            one.lead.id: one.score_components
            for one in (*candidates, *matters, *chosen)
            if one.lead.id not in led_before
        },
        chosen={article.id: one for one in chosen for article in (*one.articles, *one.related)},
    )
    return Digest(
        opens_at=opens_at,
        closes_at=closes_at,
        stories=stories,
        decisions=explain_decisions(articles, stories, verdicts, reasons),
    )


def _judged(
    articles: Iterable[Article],
    judge: TopicClassifier,
    language: str,
    known: Mapping[int, PublishedArticle],
    out: Rejections,
) -> dict[int, RelevanceVerdict]:
    """The verdicts on the articles that may come in; out gets the reasons of the others."""
    verdicts = {}
    for article in articles:
        if article.id in known:
            out[article.id] = (0.0, f"In the edition of {day(known[article.id].on)} already.")
            continue
        verdict = judge.classify(
            article.title,
            article.summary,
            article.text,
            section=article.section,
            url=article.url,
        )
        if not verdict.is_on_topic:
            out[article.id] = (verdict.score, verdict.reason)
        elif other := language_mismatch(article, language):
            out[article.id] = (verdict.score, other)
        else:
            verdicts[article.id] = verdict
    return verdicts


def _grouped(relevant: Sequence[Article], told: Sequence[Article]) -> list[tuple[Article, ...]]:
    """The stories. What mentions everything stands alone: live pages, opinions, round-ups."""
    alone = [(article,) for article in relevant if not _tells_an_event(article)]
    return [*alone, *cluster_articles([one for one in (*relevant, *told) if _tells_an_event(one)])]


def _tells_an_event(article: Article) -> bool:
    return content_label(article) in EVENTS and not is_round_up(article)


def _news(
    members: Sequence[Article],
    verdicts: Mapping[int, RelevanceVerdict],
    known: Mapping[int, PublishedArticle],
    out: Rejections,
) -> tuple[list[Article], PublishedArticle | None]:
    """Of a story what is new, and what the last edition that told its beginning said."""
    earlier = [known[article.id] for article in members if article.id in known]
    new = [article for article in members if article.id in verdicts]
    if not earlier:
        return new, None
    last = max(earlier, key=recency)
    for article in new:
        if article.published_at < last.closes_at:
            said = f"Its story was told on {day(last.on)}: “{last.article.title}”."
            out[article.id] = (verdicts[article.id].score, said)
    return [article for article in new if article.id not in out], last


def _going_on(chosen: Sequence[Candidate], told: Sequence[PublishedArticle]) -> list[Candidate]:
    """The chosen stories, with what was told of the matter before where no report of the very event
    was.
    """
    events = [one for one in told if _tells_an_event(one.article)]
    found = find_predecessors([one.articles for one in chosen], events)
    return [
        replace(one, follow_up_to=before)
        if one.follow_up_to is None and _tells_an_event(one.lead)
        else one
        for one, before in zip(chosen, found, strict=True)
    ]


def _candidate(
    new: Sequence[Article],
    verdicts: Mapping[int, RelevanceVerdict],
    weights: RankingWeights,
    closes_at: datetime,
    before: PublishedArticle | None,
) -> Candidate:
    ordered = tuple(sorted(new, key=lambda one: _standing(one, verdicts)))
    kind = content_label(ordered[0])
    merits = RankingSignals(
        relevance=max(verdicts[article.id].score for article in new),
        kind=kind,
        closes_at=closes_at,
        is_set_elsewhere=verdicts[ordered[0].id].is_set_elsewhere,
        is_round_up=is_round_up(ordered[0]),
    )
    lines = score_components(ordered, merits, weights)
    return Candidate(
        articles=ordered,
        verdicts={article.id: verdicts[article.id] for article in ordered},
        kind=kind,
        score=total_score(lines),
        score_components=lines,
        follow_up_to=before,
    )


def _standing(article: Article, verdicts: Mapping[int, RelevanceVerdict]) -> tuple[object, ...]:
    """Sorts first the article that should stand for its story: news, told well, well placed."""
    told = make_summary(article)
    return (
        content_label(article) is not Label.NEWS,
        not told or told.endswith("…"),
        -article.weight,
        article.image is None,
        article.position,
        -verdicts[article.id].score,
        article.url,
    )
