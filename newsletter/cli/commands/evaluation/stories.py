"""newsletter stories: how well articles about one event are found."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.context import AsJson, out, print_json
from newsletter.errors import InputError

if TYPE_CHECKING:
    from newsletter.domain.articles.article import Article


app = typer.Typer(no_args_is_help=True, help="Articles about one event.")

_UNDATED = datetime(2000, 1, 1, tzinfo=UTC)  # Of rows that all lack a time: all at once.


@app.callback()
def stories() -> None:
    """Articles about one event."""


@app.command(epilog="Example:  newsletter stories evaluate clusters.csv --json")
def evaluate(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV with id, title, text, published and cluster. - reads standard input."
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Measure how well stories agree with an editor's clusters, beside linked pairs by TF-IDF."""
    from newsletter.domain.stories.clustering import cluster_articles
    from newsletter.evaluation.baselines import tfidf_pairs

    articles, true = _labelled_articles(file)
    if not articles:
        raise InputError(f"{file} has no rows: there is nothing to measure.")
    started = time.perf_counter()
    grouped = cluster_articles(articles)
    seconds = time.perf_counter() - started
    place = {article.id: at for at, members in enumerate(grouped) for article in members}
    ours = _figures([place[article.id] for article in articles], true)
    simple = _figures(tfidf_pairs(articles), true)
    if as_json:
        print_json({"n": len(articles), **ours, "seconds": round(seconds, 3), "baseline": simple})
        return
    out.print(f"{len(articles)} articles in {seconds:.2f} s")
    for what, scores in (("stories", ours), ("linked pairs", simple)):
        line = "   ".join(f"{name} {value:g}" for name, value in scores.items())
        out.print(f"{what:<13} {line}")


def _labelled_articles(file: Path) -> tuple[list["Article"], list[str]]:
    """Return the rows as articles, and the cluster of each."""
    from newsletter.domain.articles.article import Article
    from newsletter.domain.text.clean import clean_line, clean_paragraphs
    from newsletter.evaluation.labelled_csv import READ_CHARS, parse_time, rows

    articles: list[Article] = []
    true: list[str] = []
    for line, row in rows(file, needed=("id", "title", "text", "published", "cluster")):
        published = parse_time(row["published"], path=file, line=line) or _UNDATED
        articles.append(
            Article(
                id=len(articles),
                url=row["id"],
                title=clean_line(row["title"]),
                summary=clean_paragraphs(row["text"], max_chars=READ_CHARS),
                source="",
                published_at=published,
                collected_at=published,
            )
        )
        true.append(row["cluster"])
    return articles, true


def _figures(predicted: list[int], true: list[str]) -> dict[str, float]:
    from newsletter.evaluation.labelled_csv import DIGITS, score_figures
    from newsletter.evaluation.metrics import b_cubed, pairwise_scores

    return {
        **score_figures(b_cubed(predicted, true)),
        "pairs_f1": round(pairwise_scores(predicted, true).f1, DIGITS),
        "clusters_found": len(set(predicted)),
        "clusters_true": len(set(true)),
    }
