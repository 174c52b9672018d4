"""newsletter compose, preview, approve, hold: what an editor does before the evening."""

from typing import Annotated

import typer

from newsletter.cli.context import AsJson, At, On, Slug, command_context, out, print_json
from newsletter.cli.output.edition_table import edition_lines, stories_lines
from newsletter.cli.output.explain import explanation
from newsletter.cli.selection import of_date


def compose(
    on: On = "",
    slug: Slug = "",
    at: At = "",
    explain: Annotated[
        bool, typer.Option("--explain", help="Each score's sum, and why every article is out.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compose the edition of a date, and say of each article why it is in or out.

    By itself it is composed anew as news comes in until its cut-off, unless it is approved.
    """
    from newsletter.services.editions.compose import explain_edition
    from newsletter.services.editions.export import to_document
    from newsletter.services.editions.recompose import compose_now
    from newsletter.services.queries.editions import list_decisions

    with command_context(at=at) as here:
        newsletter, when = of_date(here.ports, slug, on)
        edition = compose_now(here.ports, newsletter, when)
        decisions = list_decisions(here.ports, edition)
        if explain:
            decisions = explain_edition(here.ports.store, newsletter, when, now=here.ports.now())
    if as_json:
        print_json(to_document(edition, newsletter, decisions))
        return
    if explain:
        stories_lines(edition, newsletter)
        explanation(edition, decisions)
    else:
        edition_lines(edition, newsletter, decisions)
    out.print("\nNext:  newsletter preview --open   |   newsletter send", style="dim")
