"""Deliver: one run through an edition's batches, over some connections to the relays."""

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import cache

from newsletter.domain.editions.edition import Edition
from newsletter.domain.editions.states import is_sending
from newsletter.domain.newsletter import Newsletter
from newsletter.errors import RelayRefusesError, SettingsError, UnreachableError
from newsletter.mail.rendered import RenderedEmail
from newsletter.mail.smtp import RelayPool, RelaySet, send_all, without_addresses
from newsletter.services.editions import render
from newsletter.services.outages import Service, report_outage
from newsletter.services.ports import Ports
from newsletter.services.sending.close_edition import close_if_done
from newsletter.services.sending.recovery import recover_from_journals
from newsletter.services.sending.run.claims.edition_claims import SOON
from newsletter.services.sending.run.journal_disk import journal_disk
from newsletter.services.sending.run.ledger.hold_edition import hold_edition
from newsletter.services.sending.run.ledger.ledger_sync import LedgerSync
from newsletter.services.sending.run.outcomes import OutcomePolicy, delivery_deadline
from newsletter.services.sending.run.send_run import SendRun
from newsletter.services.sending.run.throttle import EXCHANGE_INTERVAL_S, RunThrottle
from newsletter.services.sending.task_queue import enqueue_due
from newsletter.store import Session
from newsletter.store.delivery import deliveries
from newsletter.store.editions import editions, newsletters
from newsletter.store.editions.transitions import note_run

_log = logging.getLogger(__name__)
CONNECTIONS = 8  # Of one process; a relay takes no more messages from more of them.
MESSAGES_PER_CONNECTION = 16  # Messages for which opening another connection pays.
RUN_S = 20.0  # Then a worker does what else is waiting, and the rest is queued again.
# A process that is asked to end is killed soon after: by Docker in 10 s, or as docker-compose.yml
# says in 30. What a relay has not answered in this time is in doubt. No other end hurries a relay.
DRAIN_S = 10.0


def deliver(
    ports: Ports, edition_id: int, batch: int | None = None, *, run_s: float = RUN_S
) -> int:
    """Send what is due of an edition, that batch first; return how many messages a relay took.

    Any number of workers may be given the same edition and batch. When no relay is to be reached,
    or no journal to be written, everything stays queued.

    1. Recover the runs that died on this machine.
    2. Look whether there is something to do, and the means for it.
    3. Run. After run_s seconds the run ends, as soon as the relay has answered what is under way.
    4. Close the edition, or queue what is left of it.
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
            why = "It could not be delivered in four hours; the rest waits."
            hold_edition(session, edition, why)
            return 0
    if not journal_disk(ports.journal_dir).has_room():
        return 0
    delivery = _Delivery(ports, edition, newsletter, email)
    sent, may_go_on = delivery.run(batch, run_s=run_s)
    if sent:  # what the last run was in trouble with is over
        _note(ports, edition, "")
    if not close_if_done(ports, edition_id) and may_go_on:
        # One task for what is left, or soon due: there are as many of them as there were runs.
        enqueue_due(ports, edition_id, within=SOON, limit=1)
    return sent


def _has_work(ports: Ports, session: Session, edition_id: int) -> bool:
    """Return whether something is due; or soon will be, and no other run waits for it."""
    now = ports.now()
    if deliveries.due_batches(session, edition_id, now=now, limit=1):
        return True
    if deliveries.progress(session, [edition_id])[edition_id].sending:
        return False
    return bool(deliveries.due_batches(session, edition_id, now=now + SOON, limit=1))


def _note(ports: Ports, edition: Edition, why: str) -> None:
    """Let newsletter status say why an edition that is being sent does not go on."""
    with ports.store.begin() as session:
        note_run(session, edition.id, why)


@cache
def _relay_pool(relays: RelaySet) -> RelayPool:
    """Return how the relays are with this process, from one run to the next."""
    return RelayPool(relays)


class _Delivery:
    """One run of one edition: its parts are made, run side by side, and brought to an end."""

    def __init__(
        self, ports: Ports, edition: Edition, newsletter: Newsletter, email: RenderedEmail
    ) -> None:
        self._ports = ports
        self._edition = edition
        self._newsletter = newsletter
        self._email = email
        self._relays = _relay_pool(ports.relays)

    def run(self, batch: int | None, *, run_s: float) -> tuple[int, bool]:
        """Return how many messages the relay took, and whether another run may follow at once.

        Where it may not, recover asks again in a minute.
        """
        if self._relays.is_away(time.monotonic()):
            return 0, False  # the run that found it so has said it
        try:
            return asyncio.run(self._run(batch, run_s=run_s))
        except UnreachableError as error:
            _log.warning("%s", without_addresses(str(error)))
            with suppress(UnreachableError):  # it may be the database that is away
                _note(self._ports, self._edition, str(error))
            return 0, False

    async def _run(self, batch: int | None, *, run_s: float) -> tuple[int, bool]:
        run, sync, throttle = self._parts()
        try:
            if await sync.claim(batch):
                await self._send(run, sync, throttle, run_s=run_s)
        except UnreachableError as error:
            sentence = without_addresses(str(error))
            report_outage(Service.RELAY, f"{sentence} What is queued waits for it.")
            _note(self._ports, self._edition, str(error))
            return 0, False
        finally:
            sync.close()
        disk = journal_disk(self._ports.journal_dir)
        if run.disk_error is not None:
            disk.report(run.disk_error)
        elif run.sent_count:
            disk.report_end()
        return run.sent_count, not (throttle.is_exhausted or run.disk_error)

    def _parts(self) -> tuple[SendRun, LedgerSync, RunThrottle]:
        ports, edition, newsletter = self._ports, self._edition, self._newsletter
        master = render.build_master(ports, self._email, edition, newsletter)
        policy, throttle = OutcomePolicy(ports, edition, newsletter), RunThrottle(ports)
        run = SendRun(
            ports, newsletter, master, policy=policy, throttle=throttle, relays=self._relays
        )
        return run, LedgerSync(ports, edition, run, throttle=throttle), throttle

    async def _send(
        self, run: SendRun, sync: LedgerSync, throttle: RunThrottle, *, run_s: float
    ) -> None:
        """Send until there is nothing more, or the run is to end; then all is in the ledger.

        1. Beside the connections the ledger is kept in step, and permits are exchanged.
        2. When the connections have ended, what is still open is decided.
        3. The ledger hears of it, and the batches and permits are given back.
        """
        queued = run.counters.queued or deliveries.BATCH  # not known before a batch is claimed
        count = max(1, min(CONNECTIONS, queued // MESSAGES_PER_CONNECTION))
        relays = self._relays
        sending = asyncio.create_task(send_all(relays.relays, run, count=count, standings=relays))
        syncing = asyncio.create_task(sync.run(claims_for_s=run_s))
        throttling = asyncio.create_task(throttle.run(run.wake_connections))
        try:
            await self._await_replies(sending, beside=(syncing, throttling))
            run.stop()
            await asyncio.wait({sending}, timeout=DRAIN_S)
            sending.cancel()
            await asyncio.wait({sending})
            self._raise_trouble(sending, run)
        finally:
            run.abandon_in_flight()
            run.decide_refusals()
            sync.stop()
            throttle.finish()
            try:
                await asyncio.gather(syncing, throttling)
            finally:
                await sync.release_all()
                await throttle.release()

    def _raise_trouble(self, sending: asyncio.Task[None], run: SendRun) -> None:
        """Raise what ended the connections; stop the run for what waiting does not mend."""
        if sending.cancelled():
            return
        error = sending.exception()
        if isinstance(error, SettingsError | RelayRefusesError):  # it would be so again
            _relay_pool.cache_clear()  # whoever lets the run go on has seen to it
            run.stop(str(error))
        elif error is not None:
            raise error

    async def _await_replies(
        self, sending: asyncio.Task[None], *, beside: Sequence[asyncio.Task[None]]
    ) -> None:
        """Return once the relay has answered everything, or when there is no more time for that.

        A reply may take the ten minutes of RFC 5321 (4.5.3.2.6), whyever the run ends: its time is
        over, nothing is left, somebody holds the edition, or the relay refuses us. There is no more
        time when this process is to end by a date, or when nobody renews the leases.
        """
        tasks = {sending, *beside}
        while not (self._ports.is_ending() or any(task.done() for task in tasks)):
            await asyncio.wait(
                tasks, timeout=EXCHANGE_INTERVAL_S, return_when=asyncio.FIRST_COMPLETED
            )
