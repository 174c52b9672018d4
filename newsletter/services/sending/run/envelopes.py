"""The messages of one edition, each in its envelope."""

from newsletter.domain.feedback.verp import make_verp
from newsletter.domain.newsletter import Newsletter
from newsletter.domain.signed_token import sign_token
from newsletter.errors import UnmailableRecipientError
from newsletter.mail.message.master_copy import CompiledMaster, Recipient
from newsletter.mail.smtp import Envelope
from newsletter.services import urls
from newsletter.services.editions import render
from newsletter.services.ports import Ports
from newsletter.services.sending.run.claims.claimed_batch import PendingDelivery


class Envelopes:
    """Builds them, one at a time."""

    def __init__(self, ports: Ports, newsletter: Newsletter, master: CompiledMaster) -> None:
        self._ports = ports
        self._master = master
        self._box, self._domain = render.bounce_mailbox(ports, newsletter)
        self._key = urls.signing_key(ports)

    def build(self, pending: PendingDelivery) -> Envelope:
        """Return the message in its envelope.

        Raises UnmailableRecipientError when it cannot or need not be sent.
        """
        delivery = pending.delivery
        if not delivery.is_subscribed:
            raise UnmailableRecipientError("Unsubscribed before it was sent.")
        recipient = Recipient(
            subscriber_id=delivery.subscriber_id,
            address=delivery.address,
            name=delivery.name,
            unsubscribe=sign_token(urls.UNSUBSCRIBE, delivery.subscription_id, key=self._key),
            leaves_at=self._ports.now(),
        )
        content = self._master.message(recipient)
        edition_id, key = pending.batch.claim.edition_id, delivery.subscriber_id
        local = make_verp(edition_id, key, key=self._key, box=self._box)
        sender = f"{local}@{self._domain}"
        return Envelope(key, sender, delivery.address, content, envelope_id=f"{edition_id}.{key}")
