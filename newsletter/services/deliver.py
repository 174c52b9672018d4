"""Deliver: one batch of an edition after the other, over some connections to the relay."""

import asyncio
import logging
from contextlib import suppress
from datetime import datetime
from functools import cache
from typing import Any

from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.edition import Edition, EditionStatus
from newsletter.domain.newsletter import Newsletter
from newsletter.domain.run_result import decide_result
from newsletter.errors import RelayRefusesError, SettingsError, UnreachableError
from newsletter.mail.rendering import Rendered
from newsletter.mail.smtp import Relays, Standings, all_sent, without_addresses
from newsletter.services import mailing
from newsletter.services.disk import disk
from newsletter.services.judge import Judge, gives_up_at, stop
from newsletter.services.keeper import Keeper
from newsletter.services.lost import settle_journals
from newsletter.services.pace import Pace
from newsletter.services.ports import Ports
from newsletter.services.run import Run
from newsletter.store import Session, deliveries, editions, newsletters, outcomes

_log = logging.getLogger(__name__)
CONNECTIONS = 8  # Of one process; a relay takes no more messages from more of them.
WORTH_ONE = 16  # Messages for which opening another connection pays.
RUN_S = 20.0  # Then a worker does what else is waiting, and the rest is queued again.
DRAIN_S = 10.0  # What a relay has not answered so long after we were asked to end, is in doubt.
HINTS = 64  # Tasks that are queued at once for an edition: as many workers as a large house has.
_CANCELLED = "Cancelled before it was sent."


def deliver(ports: Ports, edition_id: int, batch: int | None = None) -> int:
    """Send what is due of an edition, that batch first; how many messages the relay took.

    Any number of workers may be given the same edition and batch. When the relay is not to be
    reached, or no journal to be written, everything stays queued.
    """
    settle_journals(ports)
    with ports.store.begin() as session:
        if not deliveries.due_batches(session, edition_id, now=ports.now(), limit=1):
            return 0
        edition = editions.by_id(session, edition_id)
        newsletter = newsletters.by_id(session, edition.newsletter_id)
        email = mailing.frozen(session, edition_id)
        if edition.status is not EditionStatus.SENDING or email is None:
            return 0
        if ports.now() > gives_up_at(edition):
            stop(session, edition, "It could not be delivered in four hours; the rest waits.")
            return 0
    if not disk(ports.journal).has_room():
        return 0
    sent, may_go_on = _ran(ports, edition, newsletter, email, batch)
    if sent:  # what the last run was in trouble with is over
        _note(ports, edition, "")
    if not finish(ports, edition_id) and may_go_on:
        _queue_the_rest(ports, edition_id)
    return sent


def _note(ports: Ports, edition: Edition, why: str) -> None:
    """Let newsletter status say why an edition that is being sent does not go on."""
    sending = EditionStatus.SENDING
    with ports.store.begin() as session:
        editions.move(session, edition.id, expected=(sending,), to=sending, reason=why)


def finish(ports: Ports, edition_id: int) -> bool:
    """Whether the edition had nothing left to do, and is now sent, or failed where all of it did.

    Of one that is cancelled what is queued fails.
    """
    with ports.store.begin() as session:
        if editions.status(session, edition_id) is EditionStatus.CANCELLED:
            deliveries.fail_queued(session, edition_id, now=ports.now(), why=_CANCELLED)
            return True
        return deliveries.is_finished(session, edition_id) and record_result(
            session, edition_id, expected=(EditionStatus.SENDING,), sent_at=ports.now()
        )


def record_result(
    session: Session,
    edition_id: int,
    *,
    expected: tuple[EditionStatus, ...],
    sent_at: datetime | None = None,
) -> bool:
    """Write down what came of a run that is over; return whether it was in an expected state.

    sent_at is None where it is known already.
    """
    counts = deliveries.counts(session, [edition_id])[edition_id]
    reply = ""
    if counts[DeliveryStatus.FAILED]:
        reply = outcomes.commonest_failure(session, edition_id)
    to, reason = decide_result(counts, commonest_reply=reply)
    changes: dict[str, Any] = {} if sent_at is None else {"sent_at": sent_at}
    return editions.move(session, edition_id, expected=expected, to=to, reason=reason, **changes)


def _ran(
    ports: Ports, edition: Edition, newsletter: Newsletter, email: Rendered, batch: int | None
) -> tuple[int, bool]:
    """How many messages the relay took in one run, and whether another may follow at once.

    Where it may not, recover asks again in a minute.
    """

    async def run_through() -> tuple[int, bool]:
        judge, pace = Judge(ports, edition, newsletter), Pace(ports)
        master = mailing.master(ports, email, edition, newsletter)
        standings = _standings(ports.relays)
        run = Run(ports, newsletter, master, judge=judge, pace=pace, standings=standings)
        keeper = Keeper(ports, edition, run, judge=judge, pace=pace)
        if await asyncio.to_thread(keeper.claim, batch):
            await _run(run, keeper, pace, standings)
        if run.disk_error is not None:
            disk(ports.journal).report(run.disk_error)
        elif run.sent:
            disk(ports.journal).report_end()
        return run.sent, not (pace.is_long or run.disk_error)

    try:
        return asyncio.run(run_through())
    except (SettingsError, RelayRefusesError) as error:  # it would be so again
        _standings.cache_clear()  # whoever lets the run go on has seen to it
        with ports.store.begin() as session:
            stop(session, edition, str(error))
        return 0, False
    except UnreachableError as error:
        _log.warning("%s", without_addresses(str(error)))
        with suppress(UnreachableError):  # it may be the database that is away
            _note(ports, edition, str(error))
        return 0, False


async def _run(run: Run, keeper: Keeper, pace: Pace, standings: Standings) -> None:
    """Send until there is nothing more, or the run is to end; then everything is in the ledger."""
    count = max(1, min(CONNECTIONS, run.tally.queued // WORTH_ONE))
    sending = asyncio.create_task(all_sent(standings.relays, run, count=count, standings=standings))
    keeping = asyncio.create_task(keeper.keep(claims_for_s=RUN_S))
    pacing = asyncio.create_task(pace.keep(run.look_again))
    ending = asyncio.create_task(run.ending.wait())
    try:
        first = asyncio.FIRST_COMPLETED
        await asyncio.wait({sending, keeping, pacing, ending}, return_when=first)
        run.ending.set()
        await asyncio.wait({sending}, timeout=DRAIN_S)
        sending.cancel()
        await asyncio.wait({sending})
        if not sending.cancelled():
            sending.result()
    finally:
        ending.cancel()
        run.give_up()
        run.decide_refusals()
        keeper.finish()
        pace.finish()
        try:
            await asyncio.gather(keeping, pacing)
        finally:
            await keeper.let_go()
            await pace.leave()


@cache
def _standings(relays: Relays) -> Standings:
    """How the relays stand with this process, from one run to the next."""
    return Standings(relays)


def _queue_the_rest(ports: Ports, edition_id: int) -> None:
    """One task for what is left: there are as many of them as there were runs."""
    with ports.store.begin() as session:
        due = deliveries.due_batches(session, edition_id, now=ports.now(), limit=1)
        is_sending = editions.status(session, edition_id) is EditionStatus.SENDING
    if due and is_sending:
        ports.enqueue(edition_id, due)
