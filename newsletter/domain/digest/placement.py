"""How the chosen stories are told: their order, their words, and the reason for every article."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from newsletter.domain.articles.article import Article
from newsletter.domain.articles.labels import unlabelled
from newsletter.domain.articles.summary import headline, summary
from newsletter.domain.digest.digest import Decision, Label, Part, Placement, Story
from newsletter.domain.digest.selection import Candidate, Out
from newsletter.domain.relevance.classifier import Relevance
from newsletter.domain.topic import Topic

MAX_TOLD = 6  # Stories with a summary, after the lead; the rest are headlines.


def placed(chosen: Sequence[Candidate], topic: Topic, language: str) -> tuple[Story, ...]:
    """The lead, then the told stories country by country, then the headlines."""
    if not chosen:
        return ()
    lead = next((one for one in chosen if one.kind is Label.NEWS), chosen[0])
    rest = [one for one in chosen if one is not lead]
    told, brief = rest[:MAX_TOLD], rest[MAX_TOLD:]
    countries = list(dict.fromkeys(one.relevance.country for one in (lead, *told)))
    told.sort(key=lambda one: countries.index(one.relevance.country))
    order = [
        (lead, Placement.LEAD),
        *((one, Placement.SECTION) for one in told),
        *((one, Placement.BRIEF) for one in brief),
    ]
    return tuple(_story(one, placement, topic, language) for one, placement in order)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """What was noted on the way, by article: why it is out; the sum that ranked the story it stands
    for; the chosen story that it belongs to.
    """

    out: Out
    parts: Mapping[int, tuple[Part, ...]]
    chosen: Mapping[int, Candidate]


def decisions(
    articles: Iterable[Article],
    stories: Sequence[Story],
    verdicts: Mapping[int, Relevance],
    reasons: Reasons,
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
                parts=reasons.parts.get(article.id, ()),
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
    article: Article, verdicts: Mapping[int, Relevance], reasons: Reasons
) -> tuple[float, str]:
    if known := reasons.out.get(article.id):
        return known
    said = f"Another report by {article.source} of {_told_in(article, reasons.chosen)}."
    return verdicts[article.id].score, said


def _ins(
    stories: Sequence[Story],
    verdicts: Mapping[int, Relevance],
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
    what = "more of the matter of" if article in story.more else "the same event as"
    return f"{what} “{headline(story.lead)}”"


def _story(one: Candidate, placement: Placement, topic: Topic, language: str) -> Story:
    return Story(
        title=unlabelled(headline(one.lead)),
        summary=summary(one.lead),
        section=topic.heading(one.relevance.country, language),
        placement=placement,
        lead=one.lead,
        others=_others((*one.articles, *one.more)),
        label=one.kind,
        score=one.score,
        reason=_reason(one),
        since=one.before.on if one.before else None,
    )


def _others(articles: Sequence[Article]) -> tuple[Article, ...]:
    """The other reports of the event, one for each source."""
    by_source = {article.source: article for article in reversed(articles[1:])}
    by_source.pop(articles[0].source, None)
    return tuple(article for article in articles[1:] if by_source.get(article.source) is article)


def _reason(one: Candidate) -> str:
    sources = list(dict.fromkeys(article.source for article in (*one.articles, *one.more)))
    parts = [one.relevance.reason]
    if len(sources) > 1:
        parts.append(f"Reported by {len(sources)} sources: {', '.join(sources)}.")
    if one.before:
        told = f"“{headline(one.before.article)}” in the edition of {day(one.before.on)}"
        parts.append(f"Goes on from {told}.")
    return " ".join(parts)
