"""Retain: how long the ledger remembers each delivery; what was counted stays for ever."""

from datetime import date

from newsletter.services.ports import Ports
from newsletter.store import editions, months


def retain(ports: Ports, *, keep_months: int) -> tuple[str, ...]:
    """The months of the ledger that were let go: those more than so many before this one; 0: none.

    Nothing is let go while an edition is under way, since its workers would have to wait, nor a
    month in which something is queued still. Harmless at any time.
    """
    if not keep_months:
        return ()
    with ports.store.begin() as session:
        if editions.sending(session):
            return ()
        return months.let_go(session, before=_first(ports.now().date(), keep_months))


def _first(today: date, keep_months: int) -> date:
    """The first day of the first month that is kept."""
    year, month = divmod(today.year * 12 + today.month - 1 - keep_months, 12)
    return date(year, month + 1, 1)
