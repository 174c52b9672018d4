"""newsletter topic: why a text is about the topic, and how often that is right."""

import csv
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.context import AsJson, out, print_json
from newsletter.errors import InputError

if TYPE_CHECKING:
    from newsletter.domain.relevance.classifier import RelevanceVerdict
    from newsletter.evaluation.metrics import PrecisionRecall


app = typer.Typer(no_args_is_help=True, help="What the newsletter is about.")

TopicName = Annotated[
    str,
    typer.Option(
        "--topic", metavar="NAME", help="Which topic; or a topic file of yours, ending in .toml."
    ),
]


@app.callback()
def topics() -> None:
    """What the newsletter is about."""


@app.command(epilog="Example:  newsletter topic explain 'Lebanon reopens its port' --section World")
def explain(
    title: Annotated[str, typer.Argument(help="A headline; - reads it from standard input.")],
    text: Annotated[str, typer.Option(help="The first paragraphs.")] = "",
    section: Annotated[str, typer.Option(help="What its source calls the section.")] = "",
    name: TopicName = "middle-east",
    as_json: AsJson = False,
) -> None:
    """Say whether a text is about the topic, with the score and the reason."""
    from newsletter.domain.relevance.classifier import TopicClassifier
    from newsletter.domain.relevance.scoring import RELEVANCE_THRESHOLD
    from newsletter.domain.text.clean import clean_line
    from newsletter.topics.load import load_topic

    topic = load_topic(name)
    headline = clean_line(sys.stdin.read() if title == "-" else title)
    verdict = TopicClassifier(topic).classify(headline, text, section=section)
    country = topic.heading(verdict.country, "en")
    if as_json:
        print_json(
            {
                "is_about": verdict.is_on_topic,
                "score": verdict.score,
                "enough": RELEVANCE_THRESHOLD,
                "section": country,
                "reason": verdict.reason,
            }
        )
        return
    answer = f"Yes, under “{country}”." if verdict.is_on_topic else "No."
    out.print(f"{answer} Score {verdict.score:g}, {RELEVANCE_THRESHOLD:g} is enough.", markup=False)
    out.print(verdict.reason, markup=False)


@app.command(epilog="Example:  newsletter topic evaluate labelled.csv --json --errors wrong.csv")
def evaluate(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV with title, text and label (1 is about the topic, 0 is not); "
            "section, language and url if it has them. - reads standard input."
        ),
    ],
    name: TopicName = "middle-east",
    errors: Annotated[
        Path | None, typer.Option(metavar="OUT.csv", help="Write the wrong rows there, with why.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure how often the topic's verdict is the label's, beside a mere list of its names."""
    from newsletter.domain.relevance.classifier import TopicClassifier
    from newsletter.evaluation.baselines import KeywordBaseline
    from newsletter.evaluation.metrics import precision_recall
    from newsletter.topics.load import load_topic

    topic = load_topic(name)
    classifier, word_list = TopicClassifier(topic), KeywordBaseline(topic)
    rows = list(_labelled_rows(file))
    if not rows:
        raise InputError(f"No row of {file} has a label, 1 or 0: there is nothing to measure.")
    started = time.perf_counter()
    verdicts = [
        classifier.classify(row["title"], row["text"], section=row["section"], url=row["url"])
        for row, _ in rows
    ]
    seconds = time.perf_counter() - started
    wrong = [
        (row, verdict)
        for (row, is_about), verdict in zip(rows, verdicts, strict=True)
        if verdict.is_on_topic != is_about
    ]
    if errors is not None:
        _write(errors, wrong)
    scores = precision_recall(
        (verdict.is_on_topic, is_about)
        for (_, is_about), verdict in zip(rows, verdicts, strict=True)
    )
    simple = precision_recall(
        (word_list.is_on_topic(row["title"], row["text"]), right) for row, right in rows
    )
    _print(len(rows), scores, simple, seconds, as_json=as_json)


def _labelled_rows(file: Path) -> Iterable[tuple[dict[str, str], bool]]:
    """Yield the labelled rows, cleaned as articles are, and whether each is about the topic."""
    from newsletter.domain.text.clean import clean_line, clean_paragraphs
    from newsletter.evaluation.labelled_csv import READ_CHARS
    from newsletter.evaluation.labelled_csv import rows as read_rows

    for line, row in read_rows(file, needed=("title", "text", "label")):
        label = row["label"].strip()
        if not label:
            continue  # nobody knows
        if label not in {"0", "1"}:
            raise InputError(f"In line {line} of {file}, the label is {label!r}; write 1 or 0.")
        cleaned = {
            "title": clean_line(row["title"]),
            "text": clean_paragraphs(row["text"], max_chars=READ_CHARS),
            "section": row.get("section", ""),
            "url": row.get("url", ""),
        }
        yield row | cleaned, label == "1"


def _write(errors: Path, wrong: list[tuple[dict[str, str], "RelevanceVerdict"]]) -> None:
    """Write a CSV of the rows with what was decided; no spreadsheet runs any cell of it."""
    from newsletter.domain.text.clean import clean_line
    from newsletter.services.subscribers.import_export import escape_formula

    names = list(dict.fromkeys(name for row, _ in wrong for name in row))
    try:
        file = errors.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise InputError(f"{errors} cannot be written: {error.strerror}.") from error
    with file:
        writer = csv.writer(file)
        writer.writerow([*names, "decided", "score", "reason"])
        for row, verdict in wrong:
            cells = [clean_line(row.get(name, ""), max_chars=2_000) for name in names]
            decided = [int(verdict.is_on_topic), verdict.score, verdict.reason]
            writer.writerow([*map(escape_formula, cells), *decided])


def _print(
    n: int, scores: "PrecisionRecall", simple: "PrecisionRecall", seconds: float, *, as_json: bool
) -> None:
    from newsletter.evaluation.labelled_csv import score_figures

    if as_json:
        print_json(
            {
                "n": n,
                **score_figures(scores),
                "seconds": round(seconds, 3),
                "baseline": score_figures(simple),
            }
        )
        return
    out.print(f"{n} rows in {seconds:.2f} s")
    for what, each in (("the topic's rules", scores), ("its names as a list", simple)):
        line = f"precision {each.precision:.3f}   recall {each.recall:.3f}   F1 {each.f1:.3f}"
        out.print(f"{what:<20} {line}")
