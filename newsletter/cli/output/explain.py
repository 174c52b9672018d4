"""How an edition came about: each story's sum and reports, and why every other article is out."""

from collections.abc import Sequence
from itertools import groupby

from rich.padding import Padding
from rich.text import Text

from newsletter.cli.context import out
from newsletter.cli.output.edition_table import kind
from newsletter.domain.digest.digest import Decision, ScoreComponent
from newsletter.domain.editions.edition import Edition

OFF_TOPIC = "not about the topic"  # Most of a day's news; counted here, listed by --json.


def explanation(edition: Edition, decided: Sequence[Decision]) -> None:
    """Print the arithmetic of the edition's stories, what each was put together of, and the rest.

    decided are the decisions with their sums, the stories' in their order.
    """
    out.print(Text("\nHow the scores add up", style="bold"))
    ins = [one for one in decided if one.story is not None]
    for at, told in groupby(ins, key=lambda one: one.story):
        if at is not None and at < len(edition.stories):
            _story(at + 1, edition.stories[at].placement.value, list(told))
    left = [one for one in decided if not one.is_in]
    out.print(Text(f"\nLeft out: {len(left)} articles", style="bold"))
    left.sort(key=lambda one: (-_sum(one.score_components), -one.score, one.article.url))
    kinds = dict.fromkeys(map(kind, left))
    for why in sorted(kinds, key=lambda why: why == OFF_TOPIC):
        _left_out(why, [one for one in left if kind(one) == why])


def _story(number: int, placement: str, decisions: Sequence[Decision]) -> None:
    lead, *others = decisions
    title = f"{number:2}. {lead.article.title} ({lead.article.source}) · {placement}"
    out.print(Padding(Text(title, style="bold"), (0, 0, 0, 2)))
    for part in lead.score_components:
        _dim(f"{_points(part.points)}  {part.name}: {part.explanation}", 6)
    _dim(f"{_points(lead.score)}  in all", 6)
    for one in others:
        alone = (
            f" By itself {_points(_sum(one.score_components)).strip()}."
            if one.score_components
            else ""
        )
        _dim(f"with “{one.article.title}” ({one.article.source}). {one.reason}{alone}", 6)


def _left_out(why: str, left: Sequence[Decision]) -> None:
    listed = ":" if why != OFF_TOPIC else "; --json lists them."
    out.print(Padding(Text(f"{len(left)} {why}{listed}", style="bold"), (1, 0, 0, 2)))
    for one in left if why != OFF_TOPIC else ():
        points = (
            _points(_sum(one.score_components)) if one.score_components else " " * len(_points(0))
        )
        title = f"{points}  {one.article.title} ({one.article.source})"
        out.print(Padding(Text(title), (0, 0, 0, 4)))
        _dim(one.reason, 13)
        if one.score_components:
            _dim(
                " ".join(f"{_points(it.points).strip()} {it.name}" for it in one.score_components),
                13,
            )


def _sum(parts: Sequence[ScoreComponent]) -> float:
    return sum(part.points for part in parts)


def _points(points: float) -> str:
    return f"{points:+7.3f}"


def _dim(text: str, indent: int) -> None:
    out.print(Padding(Text(text, style="dim"), (0, 0, 0, indent)))
