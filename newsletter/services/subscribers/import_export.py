"""Readers in bulk: imported, exported, listed; added, paused and removed one by one by ops."""

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from newsletter.domain.calendar_day import check_year
from newsletter.domain.newsletter import Newsletter
from newsletter.domain.schedule import zone
from newsletter.domain.subscribers.consent import NewSubscriber
from newsletter.domain.subscribers.email_address import parse_address
from newsletter.domain.subscribers.subscription import Subscription
from newsletter.domain.text.clean import clean_line
from newsletter.errors import InputError
from newsletter.store import Store
from newsletter.store.subscribers import subscribers

BATCH = 1_000
COLUMNS = (
    *("address", "name", "language", "zone", "status"),
    *("requested_at", "confirmed_at", "paused_until"),
)
_HEADINGS = {"email": "address", "e-mail": "address", "mail": "address", "timezone": "zone"}
# What others and we write for somebody who may be written to; "" where no column tells.
_GOOD = frozenset({"", "confirmed", "subscribed", "active", "enabled"})
# What a spreadsheet would run as a formula when a name begins with it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedRow:
    """A line of the import that was left out, and why."""

    line: int
    text: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """How an import went: rows read, readers newly subscribed, known before, left out."""

    rows: int
    new: int
    unchanged: int
    rejected: tuple[RejectedRow, ...]


def import_subscribers(
    store: Store,
    newsletter: Newsletter,
    lines: Iterable[str],
    *,
    now: datetime,
    progress: Callable[[int], None] = lambda _: None,
) -> ImportReport:
    """Subscribe everybody in a CSV text with headings, or in a plain list of addresses.

    They count as confirmed: whoever imports answers for their consent. Who is new and marked as
    paused begins with that pause. Good rows go in, a thousand at a time; bad ones are told by line.
    Raises InputError when no column holds addresses.
    """
    bad: list[RejectedRow] = []
    seen: set[str] = set()
    rows = new = kept = 0
    parsed = _parsed(lines, bad, newsletter.zone)
    while batch := list(islice(parsed, BATCH)):
        distinct = {one.address_key: one for one in batch if one.address_key not in seen}
        seen |= set(distinct)
        with store.begin() as session:
            new += subscribers.import_confirmed(
                session, newsletter.id, list(distinct.values()), now=now
            )
        rows += len(batch)
        kept += len(distinct)
        progress(rows)
    return ImportReport(rows=rows + len(bad), new=new, unchanged=rows - new, rejected=tuple(bad))


def export_rows(store: Store, newsletter: Newsletter) -> Iterator[tuple[str, ...]]:
    """A heading and a row for each subscription; safe to open in a spreadsheet."""
    yield COLUMNS
    with store.begin() as session:
        for one in subscribers.iter_all(session, newsletter.id):
            yield tuple(escape_formula(value) for value in _row(one))


def escape_formula(value: str) -> str:
    """The value as a cell that no spreadsheet runs as a formula."""
    return f"'{value}" if value.startswith(_FORMULA) else value


def _parsed(lines: Iterable[str], bad: list[RejectedRow], here: str) -> Iterator[NewSubscriber]:
    rows = csv.reader(line.replace("\0", "").lstrip("\ufeff") for line in lines)
    columns: dict[str, int] | None = None
    for row in _readable(rows, bad):
        if not any(cell.strip() for cell in row):
            continue
        if columns is None:
            columns = _columns(row)
            if "@" not in "".join(row):
                continue
        try:
            yield _reader(row, columns, here)
        except InputError as error:
            bad.append(RejectedRow(line=rows.line_num, text=",".join(row)[:120], why=str(error)))


def _readable(rows: Any, bad: list[RejectedRow]) -> Iterator[list[str]]:
    while True:
        try:
            yield next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            bad.append(RejectedRow(line=rows.line_num, text="", why=f"It is not CSV: {error}."))


def _columns(first: list[str]) -> dict[str, int]:
    """Where each column stands: by the headings, or by their order when there are none."""
    if "@" in "".join(first):
        return {name: at for at, name in enumerate(("address", "name", "language", "zone"))}
    names = [cell.strip().casefold() for cell in first]
    columns = {_HEADINGS.get(name, name): at for at, name in enumerate(names)}
    if "address" not in columns:
        raise InputError("No column is called address or email, so there is nothing to import.")
    return columns


def _reader(row: list[str], columns: dict[str, int], here: str) -> NewSubscriber:
    """Whom the row tells of; here is the newsletter's zone."""

    def cell(name: str) -> str:
        at = columns.get(name)
        value = row[at].strip() if at is not None and at < len(row) else ""
        return value[1:] if value[:1] == "'" and value[1:].startswith(_FORMULA) else value

    status = cell("status").casefold()
    if status not in _GOOD:
        raise InputError(f"It is marked “{status}”, so it is not subscribed.")
    address = parse_address(cell("address"))
    if cell("zone"):
        zone(cell("zone"))
    return NewSubscriber(
        address=address.address,
        address_key=address.key,
        name=clean_line(cell("name"), max_chars=80),
        language=clean_line(cell("language"), max_chars=35),
        zone=cell("zone"),
        paused_until=_moment(cell("paused_until"), here),
    )


def _moment(text: str, here: str) -> datetime | None:
    """The time, as exported, or the beginning of the day in that zone; None where none is told."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"“{text}” is neither a time nor a day like 2026-01-02.") from error
    check_year(moment, text)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone(here))


def _row(one: Subscription) -> tuple[str, ...]:
    told = (one.address, one.name, one.language, one.zone, one.status.value)
    times = (one.requested_at, one.confirmed_at, one.paused_until)
    return (*told, *(moment.isoformat() if moment else "" for moment in times))
