"""Retain: how long deliveries and unused articles are kept; what was counted stays for ever."""

from datetime import UTC, date, datetime, time

from newsletter.services.ports import Ports
from newsletter.store.collection import articles
from newsletter.store.delivery import partitions
from newsletter.store.editions import editions


def apply_retention(ports: Ports, *, keep_months: int) -> tuple[str, ...]:
    """What was let go: months of the ledger more than so many before this one, and old articles.

    Articles go that were collected before those months and that no edition decided on; the others
    are what an edition's reasons speak of. 0 months keeps all. Nothing is let go while an edition
    is under way, since its workers would have to wait, nor a month in which something is queued
    still. Harmless at any time.
    """
    if not keep_months:
        return ()
    with ports.store.begin() as session:
        if editions.sending(session):
            return ()
        first = _first(ports.now().date(), keep_months)
        unused = articles.delete_unused(session, before=datetime.combine(first, time(), UTC))
        gone = partitions.drop_before(session, before=first)
    return (*gone, f"unused articles: {unused}") if unused else gone


def _first(today: date, keep_months: int) -> date:
    """The first day of the first month that is kept."""
    year, month = divmod(today.year * 12 + today.month - 1 - keep_months, 12)
    return date(year, month + 1, 1)
