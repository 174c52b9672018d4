"""The messages of one edition, each in its envelope, and those that need not be sent."""

from newsletter.domain.delivery.retry_policy import ReplyAction, ReplyDecision
from newsletter.domain.delivery.smtp_reply import Reply, SmtpStage
from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.domain.feedback.verp import make_verp
from newsletter.domain.newsletter import Newsletter
from newsletter.domain.signed_token import sign_token
from newsletter.errors import UnmailableRecipientError
from newsletter.mail.message.master_copy import CompiledMaster, Recipient
from newsletter.mail.smtp import Envelope
from newsletter.services import urls
from newsletter.services.editions import render
from newsletter.services.ports import Ports
from newsletter.services.sending.run.claimed_batch import DeliveryResult, PendingDelivery
from newsletter.store.delivery.batches import DeliveryOutcome


class Envelopes:
    """Builds them, one at a time."""

    def __init__(self, ports: Ports, newsletter: Newsletter, master: CompiledMaster) -> None:
        self._ports = ports
        self._master = master
        self._box, self._domain = render.bounce_mailbox(ports, newsletter)
        self._key = urls.signing_key(ports)

    def build(self, given: PendingDelivery) -> Envelope:
        """Return the message in its envelope.

        Raises UnmailableRecipientError when it cannot or need not be sent.
        """
        due = given.due
        if not due.is_subscribed:
            raise UnmailableRecipientError("Unsubscribed before it was sent.")
        recipient = Recipient(
            subscriber_id=due.subscriber_id,
            address=due.address,
            name=due.name,
            unsubscribe=sign_token(urls.UNSUBSCRIBE, due.subscription_id, key=self._key),
            leaves_at=self._ports.now(),
        )
        content = self._master.message(recipient)
        edition_id, key = given.claim.batch.edition_id, due.subscriber_id
        local = make_verp(edition_id, key, key=self._key, box=self._box)
        sender = f"{local}@{self._domain}"
        return Envelope(key, sender, due.address, content, envelope_id=f"{edition_id}.{key}")


def refuse(given: PendingDelivery, why: str) -> DeliveryResult:
    """Return what is settled of a delivery that fails without any relay being asked."""
    key, failed = given.due.subscriber_id, DeliveryStatus.FAILED
    settled = DeliveryOutcome(subscriber_id=key, status=failed, code=0, reply=why)
    reply = Reply(code=0, text=why, stage=SmtpStage.MAIL)
    return DeliveryResult(given.due, reply, settled, ReplyDecision(action=ReplyAction.FAILED))
