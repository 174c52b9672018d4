"""All commands, gathered."""

import sys
from importlib import metadata
from typing import Annotated

import typer

from newsletter.cli.commands import subscribers
from newsletter.cli.commands.collection import collect, feeds, page
from newsletter.cli.commands.editions import compose, review
from newsletter.cli.commands.evaluation import stories, topic
from newsletter.cli.commands.operations import demo, dkim, init, serve, status
from newsletter.cli.commands.sending import deliveries, send, send_control, verify

app = typer.Typer(
    name="newsletter",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="An evening newsletter, from feeds to inboxes.",
    epilog="First steps:  newsletter demo   |   newsletter init --help",
)


def _print_version(is_asked: bool) -> None:  # noqa: FBT001  # the value of an option
    if is_asked:
        sys.stdout.write(f"newsletter {metadata.version('newsletter')}\n")
        raise typer.Exit


@app.callback()
def options(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_print_version, help="Which version this is."
        ),
    ] = False,
) -> None:
    """An evening newsletter, from feeds to inboxes."""
    del version  # its callback has answered


app.command(epilog="Example:  newsletter demo   |   newsletter demo saved-feeds/")(demo.demo)
app.command(epilog="Example:  newsletter serve --all")(serve.serve)
app.command(
    epilog="Example:  newsletter init --name 'The Evening Brief' --zone Asia/Beirut --time 18:30"
)(init.init)
app.add_typer(feeds.app, name="feeds")
app.command(
    epilog="Example:  newsletter collect   |   newsletter collect --from saved/ today.xml --json",
)(collect.collect)
app.command(epilog="Example:  newsletter compose --date 2026-01-02 --json")(compose.compose)
app.command(epilog="Example:  newsletter preview --html > tonight.html")(review.preview)
app.command(epilog="Example:  newsletter approve --date 2026-01-02")(review.approve)
app.command(epilog="Example:  newsletter hold 'Wait for the vote'")(review.hold)
app.add_typer(send.app, name="send")
for _act, _example in (
    (send_control.pause, "newsletter send pause"),
    (send_control.resume, "newsletter send resume --date 2026-01-02"),
    (send_control.cancel, "newsletter send cancel --yes"),
    (send_control.resend, "newsletter send resend --json"),
):
    send.app.command(epilog=f"Example:  {_example}")(_act)
app.add_typer(deliveries.app, name="deliveries")
app.command(epilog="Example:  newsletter status --json")(status.status)
app.command(epilog="Example:  newsletter dkim   |   newsletter dkim --json")(dkim.dkim)
app.command(epilog="Example:  newsletter verify 2026-01-02 --against kept/Maildir --json")(
    verify.verify
)
app.add_typer(subscribers.app, name="subscribers")
app.add_typer(topic.app, name="topic")
app.add_typer(stories.app, name="stories")
app.add_typer(page.app, name="page")
