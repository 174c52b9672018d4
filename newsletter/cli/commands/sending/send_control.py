"""newsletter send pause, resume, cancel, resend: a run in the operator's hand."""

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.commands.sending.send import NO_WORKER, result_of, tell
from newsletter.cli.context import AsJson, At, Slug, command_context, err, note, print_json
from newsletter.cli.context import out as console
from newsletter.cli.selection import SentEditionDate, sent_edition
from newsletter.cli.temporary_worker import ANSWER_S
from newsletter.errors import InputError

if TYPE_CHECKING:
    from newsletter.config import Settings
    from newsletter.services.ports import Ports


_BY = "command line"
_POLL_S = 0.2
_QUIET_LOOKS = 2  # A claim that was under way when the run stopped may appear after the first.
# Most relays answer within it. One may take the ten minutes of RFC 5321 (4.5.3.2.6): the worker
# waits for that, and not whoever paused.
_PATIENCE_S = 12.0
_QUEUE = frozenset({"database", "redis"})


def pause(on: SentEditionDate = "", slug: Slug = "", at: At = "", as_json: AsJson = False) -> None:
    """Stop a run where it is, until somebody lets it go on. Nobody is lost or written to twice.

    Returns when no worker has anything of it in its hand; or says how many messages are with a
    relay that takes its time.
    """
    from newsletter.services.sending import control

    with command_context(at=at) as here:
        newsletter, edition = sent_edition(here.ports, slug, on)
        control.pause(here.ports, edition.id, by=_BY)
        _await_hands(here.ports, edition.id)
        tell(result_of(here.ports, edition.id, newsletter.slug), as_json=as_json)


def resume(on: SentEditionDate = "", slug: Slug = "", at: At = "", as_json: AsJson = False) -> None:
    """Let a run go on that was paused, or that stopped by itself."""
    from newsletter.services.sending import control

    with command_context(at=at, need=_QUEUE) as here:
        newsletter, edition = sent_edition(here.ports, slug, on)
        control.resume(here.ports, edition.id, by=_BY)
        tell(result_of(here.ports, edition.id, newsletter.slug), as_json=as_json)
        _note_who_goes_on(here.settings)


def cancel(
    on: SentEditionDate = "",
    yes: Annotated[bool, typer.Option("--yes", help="Without asking.")] = False,
    slug: Slug = "",
    at: At = "",
    as_json: AsJson = False,
) -> None:
    """End a run: what has not left is failed, and never sent but by `newsletter send resend`."""
    from newsletter.services.sending import control

    with command_context(at=at) as here:
        newsletter, edition = sent_edition(here.ports, slug, on)
        if not yes:
            _confirm(f"Cancel the edition of {edition.on}? What has not left never will.")
        control.cancel(here.ports, edition.id, by=_BY)
        _await_hands(here.ports, edition.id)
        tell(result_of(here.ports, edition.id, newsletter.slug), as_json=as_json)


def resend(on: SentEditionDate = "", slug: Slug = "", at: At = "", as_json: AsJson = False) -> None:
    """Send an edition again to those for whom it failed, if they subscribe still, and to no other.

    Also what was cancelled. Whoever was sent it, or is uncertain, is not written to.
    """
    from newsletter.services.sending import control

    with command_context(at=at, need=_QUEUE) as here:
        newsletter, edition = sent_edition(here.ports, slug, on)
        done = control.resend(here.ports, edition.id)
        result = result_of(here.ports, edition.id, newsletter.slug)
        if done.queued:
            _note_who_goes_on(here.settings)
    left_out = {
        "unsubscribed": done.left_out.left,
        "suppressed": done.left_out.suppressed,
        "in a worker's hand": done.left_out.in_hand,
    }
    if as_json:
        print_json(result | {"resent": done.queued, "left_out": left_out})
        return
    why = [f"{number} {name}" for name, number in left_out.items() if number]
    left = f"; left out: {', '.join(why)}" if why else ""
    console.print(f"{done.queued} of those who failed are queued again{left}.")
    tell(result, as_json=False)


def _await_hands(ports: "Ports", edition_id: int) -> None:
    """Return when no worker has anything of the edition, or when that takes too long; say which."""
    from newsletter.services.sending import control

    ends_at, quiet = time.monotonic() + _PATIENCE_S, 0
    with err.status("Waiting for the workers…"):
        while quiet < _QUIET_LOOKS and time.monotonic() < ends_at:
            number = control.count_in_progress(ports, edition_id)
            quiet = 0 if number else quiet + 1
            time.sleep(_POLL_S)
    if not quiet:
        with_relay = control.count_with_relay(ports, edition_id)
        note(
            f"Nothing more is begun. At most {with_relay} messages are with the relay, which may "
            "take ten minutes to answer: what it says is written down, and the rest of the "
            f"{number} in the workers' hands is given back. Of a worker that died they come back "
            "within two minutes. See: newsletter send --watch"
        )


def _note_who_goes_on(settings: "Settings") -> None:
    from newsletter.tasks.queue import has_worker

    is_there = has_worker(settings.redis_url, timeout_s=ANSWER_S)
    note("The workers go on with it. See: newsletter send --watch" if is_there else NO_WORKER)


def _confirm(question: str) -> None:
    """Raises InputError when there is nobody to answer, typer.Abort when the answer is no."""
    if not sys.stdin.isatty():
        raise InputError("Nobody can be asked here; say --yes.")
    typer.confirm(question, abort=True)
