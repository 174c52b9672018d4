"""newsletter topic: why a text is about the topic, or is not."""

import sys
from typing import Annotated

import typer

from newsletter.cli.common import AsJson, out, print_json

app = typer.Typer(no_args_is_help=True, help="What the newsletter is about.")


@app.callback()
def topics() -> None:
    """What the newsletter is about."""


@app.command(epilog="Example:  newsletter topic explain 'Lebanon reopens its port' --section World")
def explain(
    title: Annotated[str, typer.Argument(help="A headline; - reads it from standard input.")],
    text: Annotated[str, typer.Option(help="The first paragraphs.")] = "",
    section: Annotated[str, typer.Option(help="What its source calls the section.")] = "",
    name: Annotated[str, typer.Option("--topic", help="Which topic.")] = "middle-east",
    as_json: AsJson = False,
) -> None:
    """Say whether a text is about the topic, with the score and the reason."""
    from newsletter.domain.relevance import ENOUGH, Judge
    from newsletter.topics.load import shipped

    topic = shipped(name)
    said = sys.stdin.read() if title == "-" else title
    verdict = Judge(topic).judge(said, text, section=section)
    country = topic.heading(verdict.country, "en")
    if as_json:
        print_json(
            {
                "is_about": verdict.is_about,
                "score": verdict.score,
                "enough": ENOUGH,
                "section": country,
                "reason": verdict.reason,
            }
        )
        return
    answer = f"Yes, under “{country}”." if verdict.is_about else "No."
    out.print(f"{answer} Score {verdict.score:g}, {ENOUGH:g} is enough.", markup=False)
    out.print(verdict.reason, markup=False)
