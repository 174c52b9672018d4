"""Which stories an edition has room for: the best, each matter once, no source or country alone."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from newsletter.domain.articles.article import Article
from newsletter.domain.articles.labels import Label
from newsletter.domain.digest.digest import Part
from newsletter.domain.digest.ranking import reported_by, score
from newsletter.domain.relevance.classifier import Relevance
from newsletter.domain.stories.follow_ups import Told
from newsletter.domain.stories.storylines import RANKED, told_with
from newsletter.domain.topic import Weights

COUNTRY_SHARE = 0.34  # Of an edition that one country may fill: a third, on a day of war too.
SOURCE_SHARE = 0.27  # That one source may stand for; its reports under others' do not count.
EVENTS = frozenset({Label.NEWS, Label.ANALYSIS, Label.FEATURE})  # They may share an event.

Out = dict[int, tuple[float, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A story that might come in. before is what an earlier edition told of it."""

    articles: tuple[Article, ...]  # the one that stands for it first
    verdicts: Mapping[int, Relevance]
    kind: Label
    score: float
    parts: tuple[Part, ...] = ()
    before: Told | None = None
    more: tuple[Article, ...] = ()  # of the same matter, from stories that rank lower

    @property
    def lead(self) -> Article:
        return self.articles[0]

    @property
    def relevance(self) -> Relevance:
        return self.verdicts[self.lead.id]


def selected(candidates: Sequence[Candidate], max_stories: int, out: Out) -> list[Candidate]:
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
        out.update({article.id: (one.score, said) for article in (*one.articles, *one.more)})
    return chosen


def _led_by(one: Candidate, full: set[str]) -> Candidate | None:
    """The candidate, led by a source that has room; None when none of its sources has."""
    for at, article in enumerate(one.articles):
        if article.source not in full:
            rest = (*one.articles[:at], *one.articles[at + 1 :])
            return replace(one, articles=(article, *rest)) if at else one
    return None


def each_matter_once(candidates: Sequence[Candidate], weights: Weights) -> list[Candidate]:
    """The candidates, those that rank lower in a matter told with the one that ranks highest.

    Both come in the order of their rank, which all the sources of a matter count for.
    """
    matters = _told_together(candidates, weights)
    # What two have in common shows better once each has its reports with it, so the foremost are
    # looked at again; once only, so that no chain of neighbours forms.
    foremost = _told_together(matters[:RANKED], weights)
    return sorted((*foremost, *matters[RANKED:]), key=rank)


def _told_together(candidates: Sequence[Candidate], weights: Weights) -> list[Candidate]:
    events = [one for one in candidates if one.kind in EVENTS]
    # Behind all others, since a live page is told with its matter and never for it.
    events += [one for one in candidates if one.kind is Label.LIVE]
    merged: dict[int, Candidate] = {}
    places = told_with([(*one.articles, *one.more) for one in events])
    for at, (one, place) in enumerate(zip(events, places, strict=True)):
        if place == at:
            merged[at] = one
        else:
            main = merged[place]
            merged[place] = replace(
                main,
                before=main.before or one.before,
                more=(*main.more, *one.articles, *one.more),
                verdicts={**one.verdicts, **main.verdicts},
            )
    others = [one for one in candidates if one.kind not in EVENTS | {Label.LIVE}]
    matters = (_with_its_sources(one, weights) if one.more else one for one in merged.values())
    return sorted((*matters, *others), key=rank)


def _with_its_sources(one: Candidate, weights: Weights) -> Candidate:
    line = reported_by((*one.articles, *one.more), weights)
    lines = tuple(line if part.name == line.name else part for part in one.parts)
    return replace(one, parts=lines, score=score(lines))


def rank(one: Candidate) -> tuple[float, str]:
    """Sorts the highest score first, and of equal ones by address."""
    return -one.score, one.lead.url
