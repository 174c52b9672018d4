"""newsletter send --watch: a run as it goes, on a terminal, in lines, or as JSON."""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Protocol

from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from newsletter.cli.context import note, out
from newsletter.errors import InvalidStateError

if TYPE_CHECKING:
    from newsletter.domain.editions.edition import Edition
    from newsletter.services.ports import Ports
    from newsletter.services.sending.progress import ProgressMonitor, ProviderProgress, Snapshot


_LOOK_S = 1.0  # Between two looks: a question of a few milliseconds to the database.
_SHARES_S = 5.0  # Between two counts by provider, at least.
# So many times as long as a count took is the pause before the next: it reads all deliveries, and
# whoever watches takes a fiftieth of one of the database's cores at most.
_SHARES_PAUSE = 50
_LINE_S = 5.0  # Between two lines where no terminal can show one that changes.


class Shown(Protocol):
    """Takes what was seen, and shows it or not."""

    def __call__(
        self, seen: "Snapshot", shares: "Sequence[ProviderProgress]", *, is_last: bool
    ) -> None: ...


def watch_run(ports: "Ports", edition: "Edition", *, as_json: bool) -> None:
    """Show the run until it ends or Ctrl-C.

    Raises InvalidStateError when the edition has not been sent off.
    """
    from newsletter.services.sending.progress import ProgressMonitor

    if edition.frozen_at is None:
        raise InvalidStateError(
            f"The edition of {edition.on} has not been sent off: it is {edition.status}."
        )
    watch = ProgressMonitor(ports.store, edition.id)
    with _choose_display(edition, as_json=as_json) as show:
        try:
            _watched(watch, show)
        except KeyboardInterrupt:
            note("The run itself goes on.")
            raise


def _watched(watch: "ProgressMonitor", show: Shown) -> None:
    from newsletter.domain.editions.states import is_sending

    counts_at, was_over = float("-inf"), False
    shares: Sequence[ProviderProgress] = ()
    while True:
        now = time.monotonic()
        seen = watch.snapshot(now)
        is_last = seen.is_over and (was_over or not is_sending(seen.status))
        if is_last or now >= counts_at:
            asked_at = time.monotonic()
            shares, took_s = watch.by_provider(), time.monotonic() - asked_at
            counts_at = now + max(_SHARES_S, _SHARES_PAUSE * took_s)
        show(seen, shares, is_last=is_last)
        if is_last:
            return
        was_over = seen.is_over  # Its worker has yet to say so: one more look.
        time.sleep(_LOOK_S)


@contextmanager
def _choose_display(edition: "Edition", *, as_json: bool) -> Iterator[Shown]:
    """What shows it: JSON lines, a table that changes, or a line now and then."""
    if as_json:
        yield _json_line
    elif out.is_terminal:
        with Live(console=out, auto_refresh=False) as live:
            yield lambda seen, shares, **_: live.update(
                _picture(edition, seen, shares), refresh=True
            )
    else:
        yield _Lines()


def _json_line(seen: "Snapshot", shares: "Sequence[ProviderProgress]", *, is_last: bool) -> None:
    progress = seen.progress
    told = {
        "status": seen.status.value,
        "reason": seen.reason,
        "recipients": progress.total,
        **asdict(progress),
        "rate": round(seen.rate, 1),
        "seconds_left": None if seen.left is None else int(seen.left.total_seconds()),
        "providers": [asdict(one) for one in shares],
        "is_over": is_last,
    }
    sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    sys.stdout.flush()


class _Lines:
    """A line at the beginning, every few seconds, and at the end."""

    def __init__(self) -> None:
        self._told_at = float("-inf")

    def __call__(
        self, seen: "Snapshot", shares: "Sequence[ProviderProgress]", *, is_last: bool
    ) -> None:
        if not is_last and time.monotonic() - self._told_at < _LINE_S:
            return
        self._told_at = time.monotonic()
        by_provider = ", ".join(f"{one.provider} {one.sent}" for one in shares)
        told = f"{_figures(seen)} ({by_provider})" if by_provider else _figures(seen)
        out.print(told, markup=False, soft_wrap=True)
        sys.stdout.flush()


def _picture(edition: "Edition", seen: "Snapshot", shares: "Sequence[ProviderProgress]") -> Group:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("", "sent", "waiting", "deferred", "failed", "uncertain"):
        table.add_column(name, justify="right" if name else "left")
    for one in shares:
        figures = (one.sent, one.waiting, one.deferred, one.failed, one.uncertain)
        table.add_row(one.provider, *(f"{figure:,}" if figure else "·" for figure in figures))
    return Group(Text(f"{edition.on} {edition.subject}"), Text(_figures(seen)), table)


def _figures(seen: "Snapshot") -> str:
    progress = seen.progress
    told = [f"{seen.status}: {progress.sent:,} sent of {progress.total:,}", f"{seen.rate:,.0f}/s"]
    for name in ("deferred", "failed", "uncertain"):
        number = getattr(progress, name)
        told += [f"{number:,} {name}"] if number else []
    if seen.left is not None and progress.queued:
        told.append(f"{seen.left} left")
    return " · ".join(told) + (f" · {seen.reason}" if seen.reason else "")
