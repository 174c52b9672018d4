"""An edition in the terminal: what is in and why, what is out and why."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from rich.padding import Padding
from rich.text import Text

from newsletter.cli.context import out
from newsletter.domain.digest.digest import Decision, Story
from newsletter.domain.editions.edition import Edition
from newsletter.domain.newsletter import Newsletter
from newsletter.mail.content.translations import update_notice

NEAREST = 12  # Of the left out, those that came nearest; --json has them all.


def edition_lines(edition: Edition, newsletter: Newsletter, decisions: Sequence[Decision]) -> None:
    """Print the edition with its reasons, and what came nearest of that which is left out."""
    stories_lines(edition, newsletter)
    _left_out([decision for decision in decisions if not decision.is_in])


def stories_lines(edition: Edition, newsletter: Newsletter) -> None:
    """Print the edition with its reasons."""
    state = edition.status.value + (f" ({edition.hold})" if edition.hold else "")
    out.print(Text(newsletter.name, style="bold"), Text(f"{edition.on} · {state}", style="dim"))
    if edition.reason:
        out.print(Text(edition.reason, style="yellow"))
    out.print(Text(f"Subject    {edition.subject}"))
    out.print(Text(f"Preheader  {edition.preheader}"))
    if not edition.stories:
        out.print("\nNo stories.")
    section = ""
    for story in edition.stories:
        heading = "Also today" if story.placement == "brief" else story.section
        if heading != section:
            out.print(Text(f"\n{heading}", style="bold red"))
            section = heading
        sources = ", ".join(
            dict.fromkeys([story.lead.source, *(article.source for article in story.others)])
        )
        label = f"[{story.label.value}] " if story.label.value else ""
        out.print(Padding(Text(f"{label}{story.title}", style="bold"), (0, 0, 0, 2)))
        since = _since(story, edition.on, newsletter.language)
        why = f"{since}{sources} · score {story.score:g} · {story.reason}"
        out.print(Padding(Text(why, style="dim"), (0, 0, 0, 4)))


def _since(story: Story, on: date, language: str) -> str:
    """Return since when it goes on as readers read it, in their language."""
    return (
        f"{update_notice(story.follows_edition_of, on=on, language=language)} · "
        if story.follows_edition_of
        else ""
    )


def _left_out(left: list[Decision]) -> None:
    if not left:
        return
    out.print(Text(f"\nLeft out: {len(left)} articles", style="bold"))
    for decision in sorted(left, key=lambda decision: -decision.score)[:NEAREST]:
        out.print(
            Padding(Text(f"{decision.article.title} ({decision.article.source})"), (0, 0, 0, 2))
        )
        out.print(Padding(Text(decision.reason, style="dim"), (0, 0, 0, 4)))
    if len(left) > NEAREST:
        rest = Counter(
            kind(decision)
            for decision in sorted(left, key=lambda decision: -decision.score)[NEAREST:]
        )
        rest_by_kind = ", ".join(f"{count} {kind}" for kind, count in rest.most_common())
        out.print(Padding(Text(f"and {rest_by_kind}"), (0, 0, 0, 2)))


def kind(decision: Decision) -> str:
    """Return why an article is out, in a few words that follow a number."""
    kinds = {
        "Nothing": "not about the topic",
        "Only": "with a passing mention",
        "Another": "told by another report of its source",
        "In the": "in an earlier edition",
        "Its story": "told in an earlier edition",
        "Ranked": "ranked lower",
        "There are": "from a country or source with enough stories",
        "It is": "in another language",
        "It cannot be mailed": "that cannot be mailed",
        "It takes": "without room in the mail",
    }
    return next(
        (word for start, word in kinds.items() if decision.reason.startswith(start)), "others"
    )
