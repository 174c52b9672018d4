"""How the chosen stories are told: their order, their words, and the reason for every article."""

from collections.abc import Sequence

from newsletter.domain.articles.article import Article
from newsletter.domain.articles.labels import Label, strip_label
from newsletter.domain.articles.summary import clean_headline, make_summary
from newsletter.domain.digest.digest import Placement, Story
from newsletter.domain.digest.explanations import _reason
from newsletter.domain.digest.selection import Candidate
from newsletter.domain.topic import Topic

MAX_SUMMARIES = 6  # Stories with a summary, after the lead; the rest are headlines.


def place_stories(chosen: Sequence[Candidate], topic: Topic, language: str) -> tuple[Story, ...]:
    """The lead, then the told stories country by country, then the headlines."""
    if not chosen:
        return ()
    lead = next((one for one in chosen if one.kind is Label.NEWS), chosen[0])
    rest = [one for one in chosen if one is not lead]
    told, brief = rest[:MAX_SUMMARIES], rest[MAX_SUMMARIES:]
    countries = list(dict.fromkeys(one.relevance.country for one in (lead, *told)))
    told.sort(key=lambda one: countries.index(one.relevance.country))
    order = [
        (lead, Placement.LEAD),
        *((one, Placement.SECTION) for one in told),
        *((one, Placement.BRIEF) for one in brief),
    ]
    return tuple(_story(one, placement, topic, language) for one, placement in order)


def _story(one: Candidate, placement: Placement, topic: Topic, language: str) -> Story:
    return Story(
        title=strip_label(clean_headline(one.lead)),
        summary=make_summary(one.lead),
        section=topic.heading(one.relevance.country, language),
        placement=placement,
        lead=one.lead,
        others=_others((*one.articles, *one.related)),
        label=one.kind,
        score=one.score,
        reason=_reason(one),
        follows_edition_of=one.follow_up_to.on if one.follow_up_to else None,
    )


def _others(articles: Sequence[Article]) -> tuple[Article, ...]:
    """The other reports of the event, one for each source."""
    by_source = {article.source: article for article in reversed(articles[1:])}
    by_source.pop(articles[0].source, None)
    return tuple(article for article in articles[1:] if by_source.get(article.source) is article)
