"""Deliver: one batch of an edition, message by message, over one connection to the relay."""

from datetime import datetime, timedelta

from newsletter.domain.delivery import (
    RETRIED_FOR,
    DeliveryStatus,
    Next,
    Outcome,
    Reply,
    Stage,
    after_reply,
)
from newsletter.domain.edition import Edition, EditionStatus, Hold
from newsletter.domain.newsletter import Newsletter
from newsletter.errors import SettingsError, UnreachableError
from newsletter.mail.master import Master, Recipient
from newsletter.mail.smtp import Relay, connected
from newsletter.services import links, mailing
from newsletter.services.ports import Ports
from newsletter.store import Session, deliveries, editions, newsletters, suppressions
from newsletter.store.deliveries import Claim

LEASE = timedelta(minutes=5)  # Longer than any one message takes, with the relay's time-outs.
_STATUS = {
    Next.SENT: DeliveryStatus.SENT,
    Next.RETRY: DeliveryStatus.QUEUED,
    Next.FAILED: DeliveryStatus.FAILED,
    Next.UNCERTAIN: DeliveryStatus.UNCERTAIN,
    Next.STOP: DeliveryStatus.QUEUED,
}


def deliver(ports: Ports, edition_id: int, batch: int) -> int:
    """Send what is queued and due in one batch; how many messages were handed to the relay.

    Any number of workers may be given the same batch. When the relay is not to be reached,
    everything stays queued.
    """
    with ports.store.begin() as session:
        edition = editions.by_id(session, edition_id)
        newsletter = newsletters.by_id(session, edition.newsletter_id)
        email = mailing.frozen(session, edition_id)
    if edition.status is not EditionStatus.SENDING or email is None:
        return 0
    if ports.now() > _gives_up_at(edition):
        _stop(ports, edition, "It could not be delivered in four hours; the rest waits.")
        return 0
    run = _Run(ports, edition, newsletter, mailing.master(ports, email, edition, newsletter))
    try:
        sent = run.batch(batch)
    except UnreachableError:
        return 0  # recover asks again in a minute
    except SettingsError as error:  # the relay refuses our password, and would refuse it again
        _stop(ports, edition, str(error))
        return 0
    finish(ports, edition_id)
    return sent


def finish(ports: Ports, edition_id: int) -> bool:
    """Whether the edition had nothing left to do, and is now sent."""
    with ports.store.begin() as session:
        return deliveries.is_finished(session, edition_id) and editions.move(
            session,
            edition_id,
            expected=(EditionStatus.SENDING,),
            to=EditionStatus.SENT,
            sent_at=ports.now(),
        )


def _gives_up_at(edition: Edition) -> datetime:
    """When what has not left is no evening mail any more."""
    return (edition.frozen_at or edition.sends_at) + RETRIED_FOR


def _stop(ports: Ports, edition: Edition, why: str) -> None:
    with ports.store.begin() as session:
        _hold(session, edition, why)


def _hold(session: Session, edition: Edition, why: str) -> None:
    """Hold the edition in mid-run; what is queued stays so until somebody lets it go on."""
    sending, held = (EditionStatus.SENDING,), EditionStatus.HELD
    editions.move(session, edition.id, expected=sending, to=held, hold=Hold.STOPPED, reason=why)


class _Run:
    """One worker's work on one batch: claim, commit, send, settle."""

    def __init__(
        self, ports: Ports, edition: Edition, newsletter: Newsletter, master: Master
    ) -> None:
        self._ports = ports
        self._edition = edition
        self._newsletter = newsletter
        self._master = master
        self._is_stopped = False

    def batch(self, batch: int) -> int:
        """How many messages the relay took; a connection that breaks is made anew."""
        sent = 0
        claim = self._next(batch)
        while claim is not None:
            try:
                with connected(self._ports.relay_url) as relay:
                    while claim is not None and relay.is_open:
                        reply = self._send(relay, claim)
                        sent += reply.code // 100 == 2  # noqa: PLR2004  # 2yz is success
                        claim = self._settle_and_claim(claim, reply, batch)
            except (UnreachableError, SettingsError) as error:
                self._give_back(claim, str(error))
                raise
        return sent

    def _next(self, batch: int) -> Claim | None:
        with self._ports.store.begin() as session:
            return self._claim(session, batch)

    def _claim(self, session: Session, batch: int) -> Claim | None:
        if self._is_stopped:
            return None
        now = self._ports.now()
        return deliveries.claim(session, self._edition.id, batch, now=now, lease=LEASE)

    def _send(self, relay: Relay, claim: Claim) -> Reply:
        if not claim.is_wanted:
            return Reply(code=550, text="Unsubscribed before it was sent.", stage=Stage.RCPT)
        recipient = Recipient(
            subscriber_id=claim.subscriber_id,
            address=claim.address,
            name=claim.name,
            unsubscribe=links.unsubscribe_token(self._ports, claim.subscription_id),
        )
        sender = self._newsletter.sender_address
        return relay.send(sender, claim.address, self._master.message(recipient))

    def _settle_and_claim(self, claim: Claim, reply: Reply, batch: int) -> Claim | None:
        """One short transaction: the outcome of this message, and the next one taken."""
        with self._ports.store.begin() as session:
            self._settle(session, claim, reply)
            return self._claim(session, batch)

    def _settle(self, session: Session, claim: Claim, reply: Reply) -> None:
        now = self._ports.now()
        outcome = self._outcome(claim, reply)
        status = _STATUS[outcome.next]
        waits = outcome.wait or timedelta(0)
        due_at = now + waits if status is DeliveryStatus.QUEUED else None
        is_ours = deliveries.settle(session, claim, status, reply, now=now, due_at=due_at)
        if is_ours and outcome.is_dead_address:
            suppressions.add(session, claim.address_key, reason="no such mailbox", now=now)
        if outcome.next is Next.STOP:
            self._is_stopped = True
            _hold(session, self._edition, f"The relay refuses us ({reply}); the rest waits.")

    def _outcome(self, claim: Claim, reply: Reply) -> Outcome:
        """What follows; a retry that would come after the edition's time is a failure."""
        outcome = after_reply(reply, attempts=claim.attempts)
        gives_up_at = _gives_up_at(self._edition)
        if outcome.wait is not None and self._ports.now() + outcome.wait > gives_up_at:
            return Outcome(next=Next.FAILED)
        return outcome

    def _give_back(self, claim: Claim | None, why: str) -> None:
        if claim is None:
            return
        now = self._ports.now()
        reply = Reply(code=0, text=why)
        with self._ports.store.begin() as session:
            deliveries.settle(
                session,
                claim,
                DeliveryStatus.QUEUED,
                reply,
                now=now,
                due_at=now + timedelta(minutes=1),
            )
