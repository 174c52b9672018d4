"""The reason for every article of the window: why it is in or out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from newsletter.domain.articles.article import Article
from newsletter.domain.articles.summary import clean_headline
from newsletter.domain.digest.digest import Decision, ScoreComponent, Story
from newsletter.domain.digest.selection import Candidate, Rejections
from newsletter.domain.relevance.classifier import RelevanceVerdict


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionNotes:
    """What was noted on the way, by article: why it is out; the sum that ranked the story it stands
    for; the chosen story that it belongs to.
    """

    out: Rejections
    parts: Mapping[int, tuple[ScoreComponent, ...]]
    chosen: Mapping[int, Candidate]


def explain_decisions(
    articles: Iterable[Article],
    stories: Sequence[Story],
    verdicts: Mapping[int, RelevanceVerdict],
    reasons: DecisionNotes,
) -> tuple[Decision, ...]:
    """One for each article: the stories' own first, in their order, each led by its lead."""
    ins = dict(_ins(stories, verdicts, reasons.chosen))
    made = []
    for article in articles:
        at, points, said = ins.get(article.id) or (None, *_out(article, verdicts, reasons))
        made.append(
            Decision(
                article=article,
                is_in=at is not None,
                score=points,
                reason=said,
                story=at,
                score_components=reasons.parts.get(article.id, ()),
            )
        )
    leads = {story.lead.id for story in stories}
    made.sort(key=lambda one: (one.article.id not in leads, -one.score, one.article.url))
    last = len(stories)
    return tuple(sorted(made, key=lambda one: last if one.story is None else one.story))


def day(on: date) -> str:
    """A date in words: 2 March 2026."""
    return f"{on.day} {on:%B %Y}"


def _out(
    article: Article, verdicts: Mapping[int, RelevanceVerdict], reasons: DecisionNotes
) -> tuple[float, str]:
    if known := reasons.out.get(article.id):
        return known
    said = f"Another report by {article.source} of {_told_in(article, reasons.chosen)}."
    return verdicts[article.id].score, said


def _ins(
    stories: Sequence[Story],
    verdicts: Mapping[int, RelevanceVerdict],
    chosen: Mapping[int, Candidate],
) -> Iterator[tuple[int, tuple[int, float, str]]]:
    for at, story in enumerate(stories):
        yield story.lead.id, (at, story.score, story.reason)
        for other in story.others:
            said = f"Tells {_told_in(other, chosen)}."
            yield other.id, (at, verdicts[other.id].score, said)


def _told_in(article: Article, chosen: Mapping[int, Candidate]) -> str:
    """The event or matter that it shares with the story it belongs to."""
    story = chosen[article.id]
    what = "more of the matter of" if article in story.related else "the same event as"
    return f"{what} “{clean_headline(story.lead)}”"


def _reason(one: Candidate) -> str:
    sources = list(dict.fromkeys(article.source for article in (*one.articles, *one.related)))
    parts = [one.relevance.reason]
    if len(sources) > 1:
        parts.append(f"Reported by {len(sources)} sources: {', '.join(sources)}.")
    if one.follow_up_to:
        headline, on = clean_headline(one.follow_up_to.article), day(one.follow_up_to.on)
        parts.append(f"Goes on from “{headline}” in the edition of {on}.")
    return " ".join(parts)
