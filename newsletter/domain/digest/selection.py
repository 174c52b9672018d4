"""Which stories an edition has room for: the best, each matter once, no source or country alone."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from newsletter.domain.articles.article import Article
from newsletter.domain.articles.labels import Label
from newsletter.domain.digest.digest import ScoreComponent
from newsletter.domain.digest.ranking import coverage_component, total_score
from newsletter.domain.relevance.classifier import RelevanceVerdict
from newsletter.domain.stories.follow_ups import PublishedArticle
from newsletter.domain.stories.storylines import MAX_STORYLINES, assign_storylines
from newsletter.domain.topic import RankingWeights

COUNTRY_SHARE = 0.34  # Of an edition that one country may fill: a third, on a day of war too.
SOURCE_SHARE = 0.27  # That one source may stand for; its reports under others' do not count.
EVENTS = frozenset({Label.NEWS, Label.ANALYSIS, Label.FEATURE})  # They may share an event.

Rejections = dict[int, tuple[float, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A story that might come in. before is what an earlier edition told of it."""

    articles: tuple[Article, ...]  # the one that stands for it first
    verdicts: Mapping[int, RelevanceVerdict]
    kind: Label
    score: float
    score_components: tuple[ScoreComponent, ...] = ()
    follow_up_to: PublishedArticle | None = None
    related: tuple[Article, ...] = ()  # of the same matter, from stories that rank lower

    @property
    def lead(self) -> Article:
        return self.articles[0]

    @property
    def relevance(self) -> RelevanceVerdict:
        return self.verdicts[self.lead.id]


def select_stories(
    candidates: Sequence[Candidate], max_stories: int, out: Rejections
) -> list[Candidate]:
    """At most max_stories of the candidates, which come in the order of their rank.

    Each is a matter of its own. out gets the reason of every article that stays out.
    """
    countries: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    most_of_country = max(2, round(COUNTRY_SHARE * max_stories))
    most_of_source = max(2, round(SOURCE_SHARE * max_stories))
    chosen: list[Candidate] = []
    for one in candidates:
        country = one.relevance.country
        fitting = _led_by(one, {name for name, count in sources.items() if count >= most_of_source})
        if len(chosen) >= max_stories:
            said = f"Ranked below the {max_stories} stories that an edition has room for."
        elif countries[country] >= most_of_country:
            said = f"There are {most_of_country} stories from that country already, "
            said += "and each ranks higher."
        elif fitting is None:
            said = f"There are {most_of_source} stories from {one.lead.source} already, "
            said += "and each ranks higher."
        else:
            chosen.append(fitting)
            countries[country] += 1
            sources[fitting.lead.source] += 1
            continue
        out.update({article.id: (one.score, said) for article in (*one.articles, *one.related)})
    return chosen


def _led_by(one: Candidate, full: set[str]) -> Candidate | None:
    """The candidate, led by a source that has room; None when none of its sources has."""
    for at, article in enumerate(one.articles):
        if article.source not in full:
            rest = (*one.articles[:at], *one.articles[at + 1 :])
            return replace(one, articles=(article, *rest)) if at else one
    return None


def merge_storylines(candidates: Sequence[Candidate], weights: RankingWeights) -> list[Candidate]:
    """The candidates, those that rank lower in a matter told with the one that ranks highest.

    Both come in the order of their rank, which all the sources of a matter count for.
    """
    matters = _told_together(candidates, weights)
    # What two have in common shows better once each has its reports with it, so the foremost are
    # looked at again; once only, so that no chain of neighbours forms.
    foremost = _told_together(matters[:MAX_STORYLINES], weights)
    return sorted((*foremost, *matters[MAX_STORYLINES:]), key=by_score)


def _told_together(candidates: Sequence[Candidate], weights: RankingWeights) -> list[Candidate]:
    events = [one for one in candidates if one.kind in EVENTS]
    # Behind all others, since a live page is told with its matter and never for it.
    events += [one for one in candidates if one.kind is Label.LIVE]
    merged: dict[int, Candidate] = {}
    places = assign_storylines([(*one.articles, *one.related) for one in events])
    for at, (one, place) in enumerate(zip(events, places, strict=True)):
        if place == at:
            merged[at] = one
        else:
            main = merged[place]
            merged[place] = replace(
                main,
                follow_up_to=main.follow_up_to or one.follow_up_to,
                related=(*main.related, *one.articles, *one.related),
                verdicts={**one.verdicts, **main.verdicts},
            )
    others = [one for one in candidates if one.kind not in EVENTS | {Label.LIVE}]
    matters = (_with_its_sources(one, weights) if one.related else one for one in merged.values())
    return sorted((*matters, *others), key=by_score)


def _with_its_sources(one: Candidate, weights: RankingWeights) -> Candidate:
    line = coverage_component((*one.articles, *one.related), weights)
    lines = tuple(line if part.name == line.name else part for part in one.score_components)
    return replace(one, score_components=lines, score=total_score(lines))


def by_score(one: Candidate) -> tuple[float, str]:
    """Sorts the highest score first, and of equal ones by address."""
    return -one.score, one.lead.url
