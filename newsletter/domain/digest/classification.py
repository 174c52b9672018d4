"""Step 1, classify: which articles are about the topic, new, and in the newsletter's language."""

from collections.abc import Iterable, Sequence

from newsletter.domain.articles.article import Article, PublishedArticle
from newsletter.domain.articles.labels import content_label, is_round_up
from newsletter.domain.articles.language import language_mismatch
from newsletter.domain.articles.summary import make_summary
from newsletter.domain.digest.candidates import Rejection, Report
from newsletter.domain.digest.explanations import date_in_words
from newsletter.domain.relevance.classifier import RelevanceVerdict, TopicClassifier


def classify_articles(
    articles: Iterable[Article],
    classifier: TopicClassifier,
    *,
    language: str,
    published: Sequence[PublishedArticle],
) -> tuple[list[Report], dict[int, Rejection]]:
    """Return the articles that may come in as reports, and why each of the others may not."""
    editions = {earlier.article.id: earlier.on for earlier in published}
    reports: list[Report] = []
    rejections: dict[int, Rejection] = {}
    for article in articles:
        if on := editions.get(article.id):
            reason = f"In the edition of {date_in_words(on)} already."
            rejections[article.id] = Rejection(score=0.0, reason=reason)
            continue
        verdict = classifier.classify(
            article.title,
            article.summary,
            article.text,
            section=article.section,
            url=article.url,
        )
        reason = language_mismatch(article, language) if verdict.is_on_topic else verdict.reason
        if reason:
            rejections[article.id] = Rejection(score=verdict.score, reason=reason)
        else:
            reports.append(_report(article, verdict))
    return reports, rejections


def _report(article: Article, verdict: RelevanceVerdict) -> Report:
    return Report(
        article=article,
        verdict=verdict,
        label=content_label(article),
        is_round_up=is_round_up(article),
        summary=make_summary(article),
    )
