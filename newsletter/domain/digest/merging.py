"""Step 3, rank, continued: events of one storyline become one candidate."""

from collections.abc import Sequence
from dataclasses import replace

from newsletter.domain.articles.labels import Label
from newsletter.domain.digest.candidates import EVENT_LABELS, Candidate, by_score
from newsletter.domain.digest.ranking import coverage_component, total_score
from newsletter.domain.stories.storylines import MAX_STORYLINES, assign_storylines
from newsletter.domain.topic import RankingWeights


def merge_storylines(candidates: Sequence[Candidate], weights: RankingWeights) -> list[Candidate]:
    """Return one candidate for each storyline: the highest of its events, with the rest as related.

    candidates come, and are returned, in the order of their score, for which all sources of a
    storyline count. No article is rejected here.

    1. Merge the events of one storyline.
    2. Merge the foremost results once more: what two have in common shows better when each has its
       reports with it. Only once, so that no chain of neighbours forms.
    """
    merged = _merge_once(candidates, weights)
    foremost = _merge_once(merged[:MAX_STORYLINES], weights)
    return sorted((*foremost, *merged[MAX_STORYLINES:]), key=by_score)


def _merge_once(candidates: Sequence[Candidate], weights: RankingWeights) -> list[Candidate]:
    events = [candidate for candidate in candidates if candidate.label in EVENT_LABELS]
    # Behind all others: a live page joins a storyline and never leads one.
    events += [candidate for candidate in candidates if candidate.label is Label.LIVE]
    merged: dict[int, Candidate] = {}
    storylines = assign_storylines([candidate.articles for candidate in events])
    for place, (candidate, storyline) in enumerate(zip(events, storylines, strict=True)):
        if storyline == place:
            merged[place] = candidate
        else:
            merged[storyline] = _merge(merged[storyline], candidate)
    storyline_candidates = (_with_all_sources(candidate, weights) for candidate in merged.values())
    others = [
        candidate for candidate in candidates if candidate.label not in EVENT_LABELS | {Label.LIVE}
    ]
    return sorted((*storyline_candidates, *others), key=by_score)


def _merge(main: Candidate, other: Candidate) -> Candidate:
    return replace(
        main,
        follow_up_to=main.follow_up_to or other.follow_up_to,
        related=(*main.related, *other.reports, *other.related),
    )


def _with_all_sources(candidate: Candidate, weights: RankingWeights) -> Candidate:
    """Return the candidate with the score that all sources of its storyline give it."""
    if not candidate.related:
        return candidate
    coverage = coverage_component(candidate.articles, weights)
    components = tuple(
        coverage if component.name == coverage.name else component
        for component in candidate.score_components
    )
    return replace(candidate, score_components=components, score=total_score(components))
