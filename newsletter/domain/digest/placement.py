"""Step 5, place: the lead, the sections by country, the briefs."""

from collections.abc import Sequence

from newsletter.domain.articles.article import Article
from newsletter.domain.articles.labels import Label, strip_label
from newsletter.domain.articles.summary import clean_headline
from newsletter.domain.digest.candidates import Candidate
from newsletter.domain.digest.digest import Placement, Story
from newsletter.domain.digest.explanations import explain_story
from newsletter.domain.topic import Topic

MAX_SUMMARIES = 6  # Stories with a summary, after the lead; the rest are headlines.


def place_stories(selected: Sequence[Candidate], topic: Topic, language: str) -> tuple[Story, ...]:
    """Return the stories in the order of the edition; selected come in the order of their score.

    1. The lead: the highest that is news, or the highest where none is.
    2. The next MAX_SUMMARIES with their summaries, by country: the lead's first, then in the order
       in which the countries come up.
    3. The rest as headlines.
    """
    if not selected:
        return ()
    lead = next((story for story in selected if story.label is Label.NEWS), selected[0])
    rest = [candidate for candidate in selected if candidate is not lead]
    sections, briefs = rest[:MAX_SUMMARIES], rest[MAX_SUMMARIES:]
    countries = list(dict.fromkeys(_country(candidate) for candidate in (lead, *sections)))
    sections.sort(key=lambda candidate: countries.index(_country(candidate)))
    placed = [
        (lead, Placement.LEAD),
        *((candidate, Placement.SECTION) for candidate in sections),
        *((candidate, Placement.BRIEF) for candidate in briefs),
    ]
    return tuple(_story(candidate, place, topic, language) for candidate, place in placed)


def _country(candidate: Candidate) -> str:
    return candidate.lead.verdict.country


def _story(candidate: Candidate, placement: Placement, topic: Topic, language: str) -> Story:
    lead, predecessor = candidate.lead, candidate.follow_up_to
    return Story(
        title=strip_label(clean_headline(lead.article)),
        summary=lead.summary,
        section=topic.heading(_country(candidate), language),
        placement=placement,
        lead=lead.article,
        others=_one_for_each_source(candidate.articles),
        label=candidate.label,
        score=candidate.score,
        reason=explain_story(candidate),
        follows_edition_of=predecessor.on if predecessor else None,
    )


def _one_for_each_source(articles: Sequence[Article]) -> tuple[Article, ...]:
    """Return the first article of each source other than the lead's; the lead is the first."""
    by_source = {article.source: article for article in reversed(articles[1:])}
    by_source.pop(articles[0].source, None)
    return tuple(article for article in articles[1:] if by_source.get(article.source) is article)
