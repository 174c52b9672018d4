"""Step 6, explain: a reason for every article of the window, why it is in or out."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from newsletter.domain.articles.article import Article
from newsletter.domain.articles.summary import clean_headline
from newsletter.domain.digest.candidates import Candidate, Rejections, Report
from newsletter.domain.digest.digest import Decision, ScoreComponent, Story


def explain_decisions(
    articles: Iterable[Article],
    stories: Sequence[Story],
    selected: Sequence[Candidate],
    rejections: Rejections,
    score_components: Mapping[int, tuple[ScoreComponent, ...]],
) -> tuple[Decision, ...]:
    """Return a decision on each article: the stories' own first, in their order, then by score.

    selected are the candidates behind the stories. score_components are those of an article that
    leads a candidate, by its id.

    1. What stands in a story is in: as its lead, or as another report of it.
    2. What a step rejected is out, for the step's reason.
    3. What is left belongs to a story whose source has a report there already.
    """
    members = {
        report.article.id: (report, candidate)
        for candidate in selected
        for report in (*candidate.reports, *candidate.related)
    }
    printed = dict(_decide_printed(stories, members))
    decisions = []
    for article in articles:
        if article.id in printed:
            decision = printed[article.id]
        elif rejection := rejections.get(article.id):
            decision = Decision(
                article=article, is_in=False, score=rejection.score, reason=rejection.reason
            )
        else:
            decision = _decide_second_report(*members[article.id])
        components = score_components.get(article.id, ())
        decisions.append(replace(decision, score_components=components))
    return tuple(sorted(decisions, key=_by_story_then_score(stories)))


def _decide_printed(
    stories: Sequence[Story], members: Mapping[int, tuple[Report, Candidate]]
) -> Iterator[tuple[int, Decision]]:
    """Yield the decision on each article that the edition prints, with the article's id."""
    for index, story in enumerate(stories):
        yield (
            story.lead.id,
            Decision(
                article=story.lead, is_in=True, score=story.score, reason=story.reason, story=index
            ),
        )
        for other in story.others:
            report, candidate = members[other.id]
            reason = f"Tells {_shared_with_lead(report, candidate)}."
            yield (
                other.id,
                Decision(
                    article=other,
                    is_in=True,
                    score=report.verdict.score,
                    reason=reason,
                    story=index,
                ),
            )


def _decide_second_report(report: Report, candidate: Candidate) -> Decision:
    source, shared = report.article.source, _shared_with_lead(report, candidate)
    reason = f"Another report by {source} of {shared}."
    return Decision(article=report.article, is_in=False, score=report.verdict.score, reason=reason)


def _shared_with_lead(report: Report, candidate: Candidate) -> str:
    """Return what a report has in common with its story's lead: the event, or the storyline."""
    shared = "more of the matter of" if report in candidate.related else "the same event as"
    return f"{shared} “{clean_headline(candidate.lead.article)}”"


def _by_story_then_score(stories: Sequence[Story]) -> Callable[[Decision], tuple[object, ...]]:
    leads = {story.lead.id for story in stories}

    def order(decision: Decision) -> tuple[object, ...]:
        story = len(stories) if decision.story is None else decision.story
        article = decision.article
        return (story, article.id not in leads, -decision.score, article.url)

    return order


def explain_story(candidate: Candidate) -> str:
    """Return why the story is in: what makes it relevant, who reports it, what it follows up."""
    sources = list(dict.fromkeys(article.source for article in candidate.articles))
    sentences = [candidate.lead.verdict.reason]
    if len(sources) > 1:
        sentences.append(f"Reported by {len(sources)} sources: {', '.join(sources)}.")
    if predecessor := candidate.follow_up_to:
        headline, on = clean_headline(predecessor.article), date_in_words(predecessor.on)
        sentences.append(f"Goes on from “{headline}” in the edition of {on}.")
    return " ".join(sentences)


def date_in_words(on: date) -> str:
    """Return a date for an editor: 2 March 2026."""
    return f"{on.day} {on:%B %Y}"
