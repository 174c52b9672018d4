"""What a demo shows at its end: edition, deliveries, where everything lies, what to try next."""

import email
import os
import sys
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter import config
from newsletter.cli.context import out
from newsletter.cli.demo_folder import shown_folder
from newsletter.cli.output.edition_table import edition_lines
from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.embedded import EmbeddedService
from newsletter.embedded.mail_catcher import mail_folder

if TYPE_CHECKING:
    from newsletter.cli.commands.operations.demo import Evening


def report(done: "Evening", folder: Path, base: str) -> None:
    """Print it, and write the mail that was caught beside it as edition.html, .txt and .eml."""
    out.rule(style="dim")
    edition_lines(done.edition, done.newsletter, done.decided)
    out.rule(style="dim")
    kept = mail_folder(folder / EmbeddedService.RELAY.value)
    caught = _caught(kept, done.edition.subject)
    _deliveries(done, len(caught))
    if caught:
        _written_files(caught[0], folder, base)
        _places(folder, kept)
    out.print("\n[bold]What to try next[/]")
    for line in _next(folder):
        out.print(f"  {line}", markup=False, soft_wrap=True)


def _deliveries(done: "Evening", caught: int) -> None:
    out.print("[bold]Deliveries[/]")
    for status in DeliveryStatus:
        if done.counts[status] or status is DeliveryStatus.SENT:
            out.print(f"  {status.value:<10}{done.counts[status]:>6}")
    out.print(
        f"  {caught} messages lie in the mail catcher, for readers in {done.zones} time zones."
    )
    if done.edition.stories:
        out.print("  Nobody wrote to the two who have not confirmed, nor to the one who left.")


def _caught(mail_folder: Path, subject: str) -> list[bytes]:
    """The edition's messages, without the letters that ask for confirmation."""
    if not mail_folder.is_dir():
        return []
    messages = [path.read_bytes() for path in sorted((mail_folder / "new").iterdir())]
    return [one for one in messages if _parsed(one)["subject"] == subject]


def _written_files(message: bytes, folder: Path, base: str) -> None:
    from newsletter.sample.newsroom import articles as sample_articles
    from newsletter.sample.newsroom import image_url, images, outlets

    parsed = _parsed(message)
    html, text = parsed.get_body(("html",)), parsed.get_body(("plain",))
    assert html is not None
    assert text is not None
    (folder / "photos").mkdir(exist_ok=True)
    for name, data in images().items():
        (folder / "photos" / name).write_bytes(data)
    shown = str(html.get_content())
    # The outlets are served only now and then, so their photos are shown from beside the file.
    for outlet in outlets(base):
        for one in sample_articles(outlet):
            if one.image:
                shown = shown.replace(image_url(outlet, one), f"photos/{one.image}")
    (folder / "edition.html").write_text(shown, encoding="utf-8")
    (folder / "edition.txt").write_text(str(text.get_content()), encoding="utf-8")
    (folder / "edition.eml").write_bytes(message)


def _places(folder: Path, mail_folder: Path) -> None:
    out.print("\n[bold]Where it lies[/]")
    for name, path in {
        "HTML": folder / "edition.html",
        "text": folder / "edition.txt",
        "message": folder / "edition.eml",
        "all mail": mail_folder,
    }.items():
        out.print(f"  {name:<9} {_near(path)}", markup=False, soft_wrap=True)


def _next(folder: Path) -> tuple[str, ...]:
    program = _near(Path(sys.argv[0]).absolute())
    is_made = "MAKELEVEL" in os.environ  # somebody who types make
    serve = "make serve" if is_made else f"{program} serve --all"
    is_first = shown_folder(config.load()).resolve() == folder
    shown = serve if is_first else f"NEWSLETTER_DATA_DIR={_near(folder)} {program} serve --all"
    return (
        f"open {_near(folder / 'edition.html')}",
        f"{shown}    its pages, the editor's too; photos and links work while it runs",
        f"{program} demo https://example.org/feed.xml    the same on feeds of yours",
        f"{program} init --help    a newsletter of your own",
    )


def _near(path: Path) -> str:
    """The path as one would type it here."""
    here = os.path.relpath(path)
    return str(path) if here.startswith("..") else here


def _parsed(message: bytes) -> EmailMessage:
    return email.message_from_bytes(message, policy=default)
