"""From a window's articles to a digest: judged, grouped, ranked, limited, each with a reason."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from newsletter.domain.article import Article
from newsletter.domain.digest import Decision, Digest, Label, Placement, Story
from newsletter.domain.labels import label, unlabelled
from newsletter.domain.ranking import score
from newsletter.domain.relevance import Judge, Relevance
from newsletter.domain.stories import group
from newsletter.domain.summary import headline, summary
from newsletter.domain.tongue import other_language

MAX_TOLD = 6  # Stories with a summary, after the lead; the rest are headlines.
SHARE = 0.4  # Of an edition that one country, or one source, may fill.


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An article of an earlier edition: that edition's date and cut-off."""

    article: Article
    on: date
    closes_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    articles: tuple[Article, ...]  # the one that stands for it first
    relevance: Relevance
    kind: Label
    score: float
    since: date | None = None


def choose(
    articles: Sequence[Article],
    *,
    judge: Judge,
    window: tuple[datetime, datetime],
    language: str,
    max_stories: int,
    told: Sequence[Told] = (),
) -> Digest:
    """The digest of the window's articles. The order they come in changes nothing.

    window is half-open. told are the articles of earlier editions; what they told is not told
    again unless something happened since.
    """
    opens_at, closes_at = window
    out: dict[int, tuple[float, str]] = {}
    known = {one.article.id: one for one in told}
    verdicts = _judged(articles, judge, language, known, out)
    relevant = [article for article in articles if article.id in verdicts]
    groups = _grouped(relevant, [one.article for one in told])
    candidates = [
        candidate
        for members in groups
        if (candidate := _candidate(members, verdicts, known, closes_at, out))
    ]
    candidates.sort(key=lambda one: (-one.score, one.articles[0].url))
    chosen = _limited(candidates, max_stories, out)
    stories = _placed(chosen, judge, language)
    return Digest(
        opens_at=opens_at,
        closes_at=closes_at,
        stories=stories,
        decisions=_decisions(articles, stories, verdicts, out),
    )


def _judged(
    articles: Iterable[Article],
    judge: Judge,
    language: str,
    known: Mapping[int, Told],
    out: dict[int, tuple[float, str]],
) -> dict[int, Relevance]:
    """The verdicts on the articles that may come in; out gets the reasons of the others."""
    verdicts = {}
    for article in articles:
        if article.id in known:
            out[article.id] = (0.0, f"In the edition of {_day(known[article.id].on)} already.")
            continue
        verdict = judge.judge(
            article.title,
            article.summary,
            article.text,
            section=article.section,
            url=article.url,
        )
        if not verdict.is_about:
            out[article.id] = (verdict.score, verdict.reason)
        elif other := other_language(article, language):
            out[article.id] = (verdict.score, other)
        else:
            verdicts[article.id] = verdict
    return verdicts


def _grouped(relevant: Sequence[Article], told: Sequence[Article]) -> list[tuple[Article, ...]]:
    """The stories. Live pages, opinions and advertisements stand alone: they mention everything."""
    joins = {Label.NEWS, Label.ANALYSIS}
    alone = [(article,) for article in relevant if label(article) not in joins]
    return [*alone, *group([one for one in (*relevant, *told) if label(one) in joins])]


def _candidate(
    members: Sequence[Article],
    verdicts: Mapping[int, Relevance],
    known: Mapping[int, Told],
    closes_at: datetime,
    out: dict[int, tuple[float, str]],
) -> _Candidate | None:
    earlier = [known[article.id] for article in members if article.id in known]
    new = [article for article in members if article.id in verdicts]
    if earlier:
        last = max(earlier, key=lambda one: one.closes_at)
        for article in new:
            if article.published_at < last.closes_at:
                said = f"Its story was told on {_day(last.on)}: “{last.article.title}”."
                out[article.id] = (verdicts[article.id].score, said)
        new = [article for article in new if article.id not in out]
    if not new:
        return None
    ordered = sorted(new, key=lambda one: _standing(one, verdicts))
    best = max(verdicts[article.id].score for article in new)
    kind = label(ordered[0])
    return _Candidate(
        articles=tuple(ordered),
        relevance=verdicts[ordered[0].id],
        kind=kind,
        score=score(ordered, relevance=best, kind=kind, closes_at=closes_at),
        since=max(one.on for one in earlier) if earlier else None,
    )


def _standing(article: Article, verdicts: Mapping[int, Relevance]) -> tuple[object, ...]:
    """Sorts first the article that should stand for its story: news, told well, well placed."""
    return (
        label(article) is not Label.NEWS,
        not summary(article),
        -article.weight,
        article.image is None,
        article.position,
        -verdicts[article.id].score,
        article.url,
    )


def _limited(
    candidates: Sequence[_Candidate], max_stories: int, out: dict[int, tuple[float, str]]
) -> list[_Candidate]:
    """The best max_stories, none of which lets one country or source crowd out the rest."""
    most = max(2, round(SHARE * max_stories))
    countries: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    chosen: list[_Candidate] = []
    for one in candidates:
        country, source = one.relevance.country, one.articles[0].source
        if len(chosen) >= max_stories:
            said = f"Ranked below the {max_stories} stories that an edition has room for."
        elif countries[country] >= most:
            said = f"There are {most} stories from that country already, and each ranks higher."
        elif sources[source] >= most:
            said = f"There are {most} stories from {source} already, and each ranks higher."
        else:
            chosen.append(one)
            countries[country] += 1
            sources[source] += 1
            continue
        for article in one.articles:
            out[article.id] = (one.score, said)
    return chosen


def _placed(chosen: Sequence[_Candidate], judge: Judge, language: str) -> tuple[Story, ...]:
    """The lead, then the told stories country by country, then the headlines."""
    if not chosen:
        return ()
    lead = next((one for one in chosen if one.kind is Label.NEWS), chosen[0])
    rest = [one for one in chosen if one is not lead]
    told, brief = rest[:MAX_TOLD], rest[MAX_TOLD:]
    countries = list(dict.fromkeys(one.relevance.country for one in (lead, *told)))
    told.sort(key=lambda one: countries.index(one.relevance.country))
    placed = [
        (lead, Placement.LEAD),
        *((one, Placement.SECTION) for one in told),
        *((one, Placement.BRIEF) for one in brief),
    ]
    return tuple(_story(one, placement, judge, language) for one, placement in placed)


def _story(one: _Candidate, placement: Placement, judge: Judge, language: str) -> Story:
    first = one.articles[0]
    return Story(
        title=unlabelled(headline(first)),
        summary=summary(first),
        section=judge.topic.heading(one.relevance.country, language),
        placement=placement,
        lead=first,
        others=_others(one.articles),
        label=one.kind,
        score=one.score,
        reason=_reason(one),
    )


def _others(articles: Sequence[Article]) -> tuple[Article, ...]:
    """The other reports of the event, one for each source."""
    by_source = {article.source: article for article in reversed(articles[1:])}
    by_source.pop(articles[0].source, None)
    return tuple(article for article in articles[1:] if by_source.get(article.source) is article)


def _reason(one: _Candidate) -> str:
    sources = list(dict.fromkeys(article.source for article in one.articles))
    parts = [one.relevance.reason]
    if len(sources) > 1:
        parts.append(f"Reported by {len(sources)} sources: {', '.join(sources)}.")
    if one.since:
        parts.append(f"Goes on from the edition of {_day(one.since)}.")
    return " ".join(parts)


def _decisions(
    articles: Iterable[Article],
    stories: Sequence[Story],
    verdicts: Mapping[int, Relevance],
    out: Mapping[int, tuple[float, str]],
) -> tuple[Decision, ...]:
    """One for each article: the stories' own first, in their order."""
    ins = {}
    for at, story in enumerate(stories):
        ins[story.lead.id] = (at, story.score, story.reason)
        for other in story.others:
            said = f"Tells the same event as “{story.lead.title}”."
            ins[other.id] = (at, verdicts[other.id].score, said)
    made = [_decision(article, ins.get(article.id), verdicts, out) for article in articles]
    made.sort(key=lambda one: (-one.score, one.article.url))
    last = len(stories)
    return tuple(sorted(made, key=lambda one: last if one.story is None else one.story))


def _decision(
    article: Article,
    inside: tuple[int, float, str] | None,
    verdicts: Mapping[int, Relevance],
    out: Mapping[int, tuple[float, str]],
) -> Decision:
    if inside is not None:
        at, points, said = inside
        return Decision(article=article, is_in=True, score=points, reason=said, story=at)
    again = "Tells an event that the same source told already."
    points, said = out.get(article.id) or (verdicts[article.id].score, again)
    return Decision(article=article, is_in=False, score=points, reason=said)


def _day(on: date) -> str:
    return f"{on.day} {on:%B %Y}"
