"""Deliver: one batch of an edition after the other, over some connections to the relay."""

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache
from typing import Literal

from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.domain.editions.edition import Edition
from newsletter.domain.editions.run_result import decide_result
from newsletter.domain.editions.states import is_cancelled, is_sending
from newsletter.domain.editions.transitions import EditionChanges, Transition
from newsletter.domain.newsletter import Newsletter
from newsletter.errors import RelayRefusesError, SettingsError, UnreachableError
from newsletter.mail.rendered import RenderedEmail
from newsletter.mail.smtp import RelayPool, RelaySet, send_all, without_addresses
from newsletter.services.editions import render
from newsletter.services.operations.disk import disk
from newsletter.services.operations.outages import Service, report_outage
from newsletter.services.ports import Ports
from newsletter.services.sending.lost_runs import recover_from_journals
from newsletter.services.sending.run.ledger_sync import SOON, LedgerSync
from newsletter.services.sending.run.outcomes import OutcomePolicy, delivery_deadline, hold_edition
from newsletter.services.sending.run.send_run import SendRun
from newsletter.services.sending.run.throttle import EXCHANGE_INTERVAL_S, RunThrottle
from newsletter.store import Session
from newsletter.store.delivery import deliveries, delivery_reports
from newsletter.store.editions import editions, newsletters
from newsletter.store.editions.transitions import note_run, try_transition

_log = logging.getLogger(__name__)
CONNECTIONS = 8  # Of one process; a relay takes no more messages from more of them.
MESSAGES_PER_CONNECTION = 16  # Messages for which opening another connection pays.
RUN_S = 20.0  # Then a worker does what else is waiting, and the rest is queued again.
# A process that is asked to end is killed soon after: by Docker in 10 s, or as docker-compose.yml
# says in 30. What a relay has not answered in this time is in doubt. No other end hurries a relay.
DRAIN_S = 10.0
MAX_TASKS = (
    64  # Tasks that are queued at once for an edition: as many workers as a large house has.
)
_CANCELLED = "Cancelled before it was sent."


def deliver(
    ports: Ports, edition_id: int, batch: int | None = None, *, run_s: float = RUN_S
) -> int:
    """Send what is due of an edition, that batch first; how many messages the relay took.

    Any number of workers may be given the same edition and batch. When the relay is not to be
    reached, or no journal to be written, everything stays queued. After run_s seconds the run ends,
    as soon as the relay has answered what is under way, and what is left is queued again.
    """
    recover_from_journals(ports)
    with ports.store.begin() as session:
        if not _has_work(ports, session, edition_id):
            return 0
        edition = editions.by_id(session, edition_id)
        newsletter = newsletters.by_id(session, edition.newsletter_id)
        email = render.load_frozen(session, edition_id)
        if not is_sending(edition.status) or email is None:
            return 0
        if ports.now() > delivery_deadline(edition):
            hold_edition(
                session, edition, "It could not be delivered in four hours; the rest waits."
            )
            return 0
    if not disk(ports.journal_dir).has_room():
        return 0
    sent, may_go_on = _ran(ports, edition, newsletter, email, batch, run_s=run_s)
    if sent:  # what the last run was in trouble with is over
        _note(ports, edition, "")
    if not close_if_done(ports, edition_id) and may_go_on:
        _queue_the_rest(ports, edition_id)
    return sent


def _note(ports: Ports, edition: Edition, why: str) -> None:
    """Let newsletter status say why an edition that is being sent does not go on."""
    with ports.store.begin() as session:
        note_run(session, edition.id, why)


def close_if_done(ports: Ports, edition_id: int) -> bool:
    """Whether the edition had nothing left to do, and is now sent, or failed where all of it did.

    Of one that is cancelled what is queued fails.
    """
    with ports.store.begin() as session:
        if is_cancelled(editions.status(session, edition_id)):
            deliveries.fail_queued(session, edition_id, now=ports.now(), why=_CANCELLED)
            return True
        return deliveries.is_finished(session, edition_id) and record_result(
            session, edition_id, Transition.FINISH, sent_at=ports.now()
        )


def record_result(
    session: Session,
    edition_id: int,
    transition: Literal[Transition.FINISH, Transition.RECOUNT],
    *,
    sent_at: datetime | None = None,
) -> bool:
    """Write down what came of a run that is over; return whether its state allows the transition.

    sent_at is None where it is known already.
    """
    counts = deliveries.counts(session, [edition_id])[edition_id]
    reply = ""
    if counts[DeliveryStatus.FAILED]:
        reply = delivery_reports.commonest_failure(session, edition_id)
    to, reason = decide_result(counts, commonest_reply=reply)
    changes: EditionChanges = {"reason": reason}
    if sent_at is not None:
        changes["sent_at"] = sent_at
    return try_transition(session, edition_id, transition, to=to, **changes) is not None


def _has_work(ports: Ports, session: Session, edition_id: int) -> bool:
    """Whether something is due; or will be soon, and no other run is there to wait for it."""
    now = ports.now()
    if deliveries.due_batches(session, edition_id, now=now, limit=1):
        return True
    if deliveries.progress(session, [edition_id])[edition_id].sending:
        return False
    return bool(deliveries.due_batches(session, edition_id, now=now + SOON, limit=1))


def _ran(
    ports: Ports,
    edition: Edition,
    newsletter: Newsletter,
    email: RenderedEmail,
    batch: int | None,
    *,
    run_s: float,
) -> tuple[int, bool]:
    """How many messages the relay took in one run, and whether another may follow at once.

    Where it may not, recover asks again in a minute.
    """
    standings = _standings(ports.relays)
    if standings.is_away(time.monotonic()):
        return 0, False  # the run that found it so has said it

    async def run_through() -> tuple[int, bool]:
        judge, pace = OutcomePolicy(ports, edition, newsletter), RunThrottle(ports)
        master = render.build_master(ports, email, edition, newsletter)
        run = SendRun(ports, newsletter, master, judge=judge, pace=pace, standings=standings)
        keeper = LedgerSync(ports, edition, run, judge=judge, pace=pace)
        try:
            has_batch = await asyncio.to_thread(keeper.claim, batch)
            if has_batch or await asyncio.to_thread(keeper.is_due_soon):
                await _run(ports, run, keeper, pace, standings, run_s=run_s)
        except RelayRefusesError:
            raise  # it answers
        except UnreachableError as error:
            said = without_addresses(str(error))
            report_outage(Service.RELAY, f"{said} What is queued waits for it.")
            _note(ports, edition, str(error))
            return 0, False
        finally:
            keeper.leave()
        if run.disk_error is not None:
            disk(ports.journal_dir).report(run.disk_error)
        elif run.sent:
            disk(ports.journal_dir).report_end()
        return run.sent, not (pace.is_exhausted or run.disk_error)

    try:
        return asyncio.run(run_through())
    except (SettingsError, RelayRefusesError) as error:  # it would be so again
        _standings.cache_clear()  # whoever lets the run go on has seen to it
        with ports.store.begin() as session:
            hold_edition(session, edition, str(error))
        return 0, False
    except UnreachableError as error:
        _log.warning("%s", without_addresses(str(error)))
        with suppress(UnreachableError):  # it may be the database that is away
            _note(ports, edition, str(error))
        return 0, False


async def _run(
    ports: Ports,
    run: SendRun,
    keeper: LedgerSync,
    pace: RunThrottle,
    standings: RelayPool,
    *,
    run_s: float,
) -> None:
    """Send until there is nothing more, or the run is to end; then everything is in the ledger."""
    queued = run.tally.queued or deliveries.BATCH  # not known before something is in hand
    count = max(1, min(CONNECTIONS, queued // MESSAGES_PER_CONNECTION))
    sending = asyncio.create_task(send_all(standings.relays, run, count=count, standings=standings))
    keeping = asyncio.create_task(keeper.keep(claims_for_s=run_s))
    pacing = asyncio.create_task(pace.run(run.wake_lanes))
    try:
        await _await_answers(ports, sending, beside=(keeping, pacing))
        run.stopping.set()
        await asyncio.wait({sending}, timeout=DRAIN_S)
        sending.cancel()
        await asyncio.wait({sending})
        if not sending.cancelled():
            sending.result()
    finally:
        run.abandon_in_flight()
        run.decide_refusals()
        keeper.finish()
        pace.finish()
        try:
            await asyncio.gather(keeping, pacing)
        finally:
            await keeper.let_go()
            await pace.release()


async def _await_answers(
    ports: Ports, sending: asyncio.Task[None], *, beside: Sequence[asyncio.Task[None]]
) -> None:
    """Return once the relay has answered everything, or when there is no more time for that.

    An answer may take the ten minutes of RFC 5321 (4.5.3.2.6), whyever the run ends: its time is
    over, nothing is left, somebody holds the edition, or the relay refuses us. There is no more
    time when this process is to end by a date, or when nobody renews the leases.
    """
    while not (ports.is_ending() or any(task.done() for task in (sending, *beside))):
        await asyncio.wait(
            {sending, *beside}, timeout=EXCHANGE_INTERVAL_S, return_when=asyncio.FIRST_COMPLETED
        )


@cache
def _standings(relays: RelaySet) -> RelayPool:
    """How the relays stand with this process, from one run to the next."""
    return RelayPool(relays)


def _queue_the_rest(ports: Ports, edition_id: int) -> None:
    """One task for what is left, or soon due: there are as many of them as there were runs."""
    with ports.store.begin() as session:
        due = deliveries.due_batches(session, edition_id, now=ports.now() + SOON, limit=1)
        status = editions.status(session, edition_id)
    if due and is_sending(status):
        ports.enqueue(edition_id, due)
