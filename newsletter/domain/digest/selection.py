"""Step 4, select: the best stories that there is room for, no source or country alone."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace

from newsletter.domain.articles.article import PublishedArticle
from newsletter.domain.digest.candidates import Candidate, Rejection, is_event_report
from newsletter.domain.stories.follow_ups import find_predecessors

COUNTRY_SHARE = 0.34  # Of an edition that one country may fill: a third, on a day of war too.
SOURCE_SHARE = 0.27  # Of an edition that one source may lead; its related reports do not count.
MIN_SHARE_STORIES = 2  # Of one country or source in the smallest edition.


def select_stories(
    candidates: Sequence[Candidate], max_stories: int
) -> tuple[list[Candidate], dict[int, Rejection]]:
    """Return at most max_stories of the candidates, and why the articles of the others stay out.

    candidates come in the order of their score. One whose source is full is led by another of its
    sources, if that has room.
    """
    max_of_country = max(MIN_SHARE_STORIES, round(COUNTRY_SHARE * max_stories))
    max_of_source = max(MIN_SHARE_STORIES, round(SOURCE_SHARE * max_stories))
    countries: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    selected: list[Candidate] = []
    rejections: dict[int, Rejection] = {}
    for candidate in candidates:
        country = candidate.lead.verdict.country
        full_sources = {source for source, count in sources.items() if count >= max_of_source}
        fitting = _with_lead_outside(candidate, full_sources)
        if len(selected) >= max_stories:
            reason = f"Ranked below the {max_stories} stories that an edition has room for."
        elif countries[country] >= max_of_country:
            reason = f"There are {max_of_country} stories from that country already, "
            reason += "and each ranks higher."
        elif fitting is None:
            source = candidate.lead.article.source
            reason = f"There are {max_of_source} stories from {source} already, "
            reason += "and each ranks higher."
        else:
            selected.append(fitting)
            countries[country] += 1
            sources[fitting.lead.article.source] += 1
            continue
        rejection = Rejection(score=candidate.score, reason=reason)
        rejections |= dict.fromkeys((article.id for article in candidate.articles), rejection)
    return selected, rejections


def _with_lead_outside(candidate: Candidate, full_sources: Collection[str]) -> Candidate | None:
    """Return the candidate led by a source that has room; None when none of its sources has."""
    reports = candidate.reports
    for place, report in enumerate(reports):
        if report.article.source not in full_sources:
            rest = (*reports[:place], *reports[place + 1 :])
            return replace(candidate, reports=(report, *rest)) if place else candidate
    return None


def link_follow_ups(
    selected: Sequence[Candidate], published: Sequence[PublishedArticle]
) -> list[Candidate]:
    """Return the selected stories, each with what an earlier edition published of its storyline.

    One that follows up an earlier report of its very event keeps that.
    """
    event_reports = [earlier for earlier in published if is_event_report(earlier.article)]
    event_articles = [[report.article for report in candidate.reports] for candidate in selected]
    predecessors = find_predecessors(event_articles, event_reports)
    return [
        replace(candidate, follow_up_to=predecessor)
        if candidate.follow_up_to is None and is_event_report(candidate.lead.article)
        else candidate
        for candidate, predecessor in zip(selected, predecessors, strict=True)
    ]
