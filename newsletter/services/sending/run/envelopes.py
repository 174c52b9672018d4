"""The messages of one edition, each in its envelope, and those that need not be sent."""

from newsletter.domain.delivery.retry_policy import Next, Outcome
from newsletter.domain.delivery.smtp_reply import Reply, Stage
from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.domain.feedback.verp import verp
from newsletter.domain.newsletter import Newsletter
from newsletter.errors import UnfitError
from newsletter.mail.message.master_copy import Master, Recipient
from newsletter.mail.smtp import Envelope
from newsletter.services import urls
from newsletter.services.editions import render
from newsletter.services.ports import Ports
from newsletter.services.sending.run.claimed_batch import Answer, Given
from newsletter.store.delivery.batches import Settled


class Envelopes:
    """Builds them, one at a time."""

    def __init__(self, ports: Ports, newsletter: Newsletter, master: Master) -> None:
        self._ports = ports
        self._master = master
        self._box, self._domain = render.bounces(ports, newsletter)
        self._key = urls.signing_key(ports)

    def build(self, given: Given) -> Envelope:
        """Return the message in its envelope. Raises UnfitError when it is not to be sent."""
        due = given.due
        if not due.is_wanted:
            raise UnfitError("Unsubscribed before it was sent.")
        recipient = Recipient(
            subscriber_id=due.subscriber_id,
            address=due.address,
            name=due.name,
            unsubscribe=urls.unsubscribe_token(self._ports, due.subscription_id),
            leaves_at=self._ports.now(),
        )
        content = self._master.message(recipient)
        edition_id, key = given.hand.batch.edition_id, due.subscriber_id
        local = verp(edition_id, key, key=self._key, box=self._box)
        sender = f"{local}@{self._domain}"
        return Envelope(key, sender, due.address, content, envelope_id=f"{edition_id}.{key}")


def refuse(given: Given, why: str) -> Answer:
    """Return what is settled of a delivery that fails without any relay being asked."""
    key, failed = given.due.subscriber_id, DeliveryStatus.FAILED
    settled = Settled(subscriber_id=key, status=failed, code=0, reply=why)
    reply = Reply(code=0, text=why, stage=Stage.MAIL)
    return Answer(given.due, reply, settled, Outcome(next=Next.FAILED))
