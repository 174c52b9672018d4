"""Step 2, cluster: the reports of one event together, without what an earlier edition had of it."""

from collections.abc import Sequence

from newsletter.domain.articles.article import Article, PublishedArticle
from newsletter.domain.digest.candidates import (
    EVENT_LABELS,
    Event,
    Rejection,
    Report,
    is_event_report,
)
from newsletter.domain.digest.explanations import date_in_words
from newsletter.domain.stories.clustering import cluster_articles
from newsletter.domain.stories.follow_ups import recency


def cluster_reports(
    reports: Sequence[Report], published: Sequence[PublishedArticle]
) -> tuple[list[Event], dict[int, Rejection]]:
    """Return the events, and why each report that belongs to none of them stays out.

    1. What reports no single event is one by itself: live pages, opinions, round-ups.
    2. The others are clustered together with what earlier editions published.
    3. In a cluster with a published article, reports from before that edition's end are old.
    """
    alone = [report for report in reports if not _is_clustered(report)]
    events = [Event(reports=(report,)) for report in alone]
    by_id = {report.article.id: report for report in reports}
    published_by_id = {earlier.article.id: earlier for earlier in published}
    clustered = [report.article for report in reports if _is_clustered(report)]
    clustered += [earlier.article for earlier in published if is_event_report(earlier.article)]
    rejections: dict[int, Rejection] = {}
    for cluster in cluster_articles(clustered):
        event, old = _new_reports(cluster, by_id, published_by_id)
        rejections |= old
        if event.reports:
            events.append(event)
    return events, rejections


def _is_clustered(report: Report) -> bool:
    return report.label in EVENT_LABELS and not report.is_round_up


def _new_reports(
    cluster: Sequence[Article], reports: dict[int, Report], published: dict[int, PublishedArticle]
) -> tuple[Event, dict[int, Rejection]]:
    """Return what is new in a cluster, and why the rest of its reports is not."""
    new = tuple(reports[article.id] for article in cluster if article.id in reports)
    earlier = [published[article.id] for article in cluster if article.id in published]
    if not earlier:
        return Event(reports=new), {}
    last = max(earlier, key=recency)
    reason = f"Its story was told on {date_in_words(last.on)}: “{last.article.title}”."
    old = {
        report.article.id: Rejection(score=report.verdict.score, reason=reason)
        for report in new
        if report.article.published_at < last.closes_at
    }
    rest = tuple(report for report in new if report.article.id not in old)
    return Event(reports=rest, follow_up_to=last), old
