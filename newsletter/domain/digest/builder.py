"""From the articles of a window to a digest: the pipeline, top to bottom."""

from collections.abc import Sequence
from datetime import datetime

from newsletter.domain.articles.article import Article, PublishedArticle
from newsletter.domain.digest.candidates import Candidate
from newsletter.domain.digest.classification import classify_articles
from newsletter.domain.digest.digest import Digest, ScoreComponent
from newsletter.domain.digest.events import cluster_reports
from newsletter.domain.digest.explanations import explain_decisions
from newsletter.domain.digest.merging import merge_storylines
from newsletter.domain.digest.placement import place_stories
from newsletter.domain.digest.ranking import rank_events
from newsletter.domain.digest.selection import link_follow_ups, select_stories
from newsletter.domain.relevance.classifier import TopicClassifier


def build_digest(
    articles: Sequence[Article],
    *,
    classifier: TopicClassifier,
    window: tuple[datetime, datetime],
    language: str,
    max_stories: int,
    published: Sequence[PublishedArticle] = (),
) -> Digest:
    """Return the digest of the window's articles. The order they come in changes nothing.

    window is half-open. published are the articles of earlier editions: their stories come again
    only when something happened since.

    1. Classify: keep the articles that are about the topic, new, and in the language.
    2. Cluster: put the reports of one event together, without what was published already.
    3. Rank: score each event, then merge the events of one storyline.
    4. Select: take the best that there is room for, and link them to earlier editions.
    5. Place: the lead, the sections by country, the briefs.
    6. Explain: give every article its reason. Each step that leaves articles out returns theirs.
    """
    opens_at, closes_at = window
    weights = classifier.topic.weights
    reports, off_topic = classify_articles(
        articles, classifier, language=language, published=published
    )
    events, old = cluster_reports(reports, published)
    ranked = rank_events(events, weights, closes_at=closes_at)
    candidates = merge_storylines(ranked, weights)
    selected, surplus = select_stories(candidates, max_stories)
    selected = link_follow_ups(selected, published)
    stories = place_stories(selected, classifier.topic, language)
    decisions = explain_decisions(
        articles,
        stories,
        selected,
        rejections=off_topic | old | surplus,
        score_components=_score_components(ranked, candidates, selected),
    )
    return Digest(opens_at=opens_at, closes_at=closes_at, stories=stories, decisions=decisions)


def _score_components(
    ranked: Sequence[Candidate], candidates: Sequence[Candidate], selected: Sequence[Candidate]
) -> dict[int, tuple[ScoreComponent, ...]]:
    """Return the score of each leading article by its id, as the last step knows it.

    A report that gave the lead to another, since its source was full, has none.
    """
    not_leading = {report.article.id for story in selected for report in story.reports[1:]}
    return {
        candidate.lead.article.id: candidate.score_components
        for candidate in (*ranked, *candidates, *selected)
        if candidate.lead.article.id not in not_leading
    }
