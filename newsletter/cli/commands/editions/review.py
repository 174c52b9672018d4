"""newsletter preview, approve, hold: what an editor does before the evening."""

import sys
import tempfile
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.context import At, On, Slug, command_context, note, out
from newsletter.cli.output.edition_table import edition_lines
from newsletter.cli.selection import edition_of, of_date
from newsletter.errors import InputError


def preview(
    on: On = "",
    html: Annotated[bool, typer.Option("--html", help="The HTML, as it arrives.")] = False,
    text: Annotated[bool, typer.Option("--text", help="The plain text, as it arrives.")] = False,
    eml: Annotated[bool, typer.Option("--eml", help="The whole message.")] = False,
    open_: Annotated[bool, typer.Option("--open", help="Show the HTML in a browser.")] = False,
    slug: Slug = "",
    at: At = "",
) -> None:
    """Show an edition: in the terminal, or on standard output exactly as one reader gets it."""
    from newsletter.mail.message.master_copy import Recipient
    from newsletter.mail.preflight import check_digest
    from newsletter.mail.rendered import fill_slots
    from newsletter.services.editions.render import build_master
    from newsletter.services.queries.editions import list_decisions, read_email

    if html + text + eml + open_ > 1:
        raise InputError("Ask for one of --html, --text, --eml and --open.")
    with command_context(at=at) as here:
        newsletter, when = of_date(here.ports, slug, on)
        edition = edition_of(here.ports, newsletter, when)
        decisions = list_decisions(here.ports, edition)
        email = read_email(here.ports, edition, newsletter)
        check_digest(email)
        if eml:
            reader = Recipient(
                subscriber_id=0,
                address="reader@example.org",
                unsubscribe="preview",
                leaves_at=here.ports.now(),
            )
            master = build_master(here.ports, email, edition, newsletter)
            sys.stdout.buffer.write(master.message(reader))
            return
    seen = fill_slots(email, address="reader@example.org", unsubscribe="preview")
    if html or text:
        sys.stdout.write(seen.html if html else seen.text)
    elif open_:
        _in_browser(seen.html)
    else:
        edition_lines(edition, newsletter, decisions)


def approve(on: On = "", slug: Slug = "", at: At = "") -> None:
    """Approve an edition, held or not: as it is now it goes out at its minute."""
    from newsletter.services.editions import review

    with command_context(at=at) as here:
        newsletter, when = of_date(here.ports, slug, on)
        edition = edition_of(here.ports, newsletter, when)
        approved = review.approve(
            here.ports, edition.id, by="command line", expected_revision=edition.revision
        )
    out.print(f"Approved. It goes out at {approved.sends_at:%Y-%m-%d %H:%M} UTC.")
    out.print("As it is now: what comes in later waits for the next one.", style="dim")


def hold(
    why: Annotated[str, typer.Argument(help="Why, for whoever wonders.")] = "",
    on: On = "",
    slug: Slug = "",
    at: At = "",
) -> None:
    """Hold an edition until somebody approves it."""
    from newsletter.services.editions import review

    with command_context(at=at) as here:
        newsletter, when = of_date(here.ports, slug, on)
        edition = edition_of(here.ports, newsletter, when)
        review.hold(
            here.ports,
            edition.id,
            note=why,
            by="command line",
            expected_revision=edition.revision,
        )
    out.print("Held. To let it go:  newsletter approve")


def _in_browser(html: str) -> None:
    with tempfile.NamedTemporaryFile(
        "w", prefix="newsletter-", suffix=".html", delete=False, encoding="utf-8"
    ) as file:
        file.write(html)
    if not webbrowser.open(Path(file.name).as_uri()):
        note("No browser could be started; open the file yourself.")
    out.print(file.name)
