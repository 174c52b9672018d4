"""A test message: an edition as it stands, to one address."""

from newsletter.domain.editions.edition import Edition
from newsletter.domain.newsletter import Newsletter
from newsletter.errors import InvalidStateError
from newsletter.mail.message.master_copy import Recipient
from newsletter.mail.message.transactional import single_message_id
from newsletter.mail.preflight import check_digest
from newsletter.mail.smtp import relay_connection
from newsletter.services.editions import render
from newsletter.services.outages import Service, report_end
from newsletter.services.ports import Ports


def send_test(ports: Ports, edition: Edition, newsletter: Newsletter, address: str) -> None:
    """Send the edition as it stands to one address, marked as a test; nothing is written down.

    Raises UnreachableError when the relay does not answer, InvalidStateError when it refuses.
    """
    mailed, _ = render.remove_unmailable(ports, edition, newsletter)
    email = render.render_preview(ports, mailed, newsletter, banner="Test")
    check_digest(email)
    now = ports.now()
    # A second test is another message: mailboxes leave out what bears a Message-ID they know.
    identity = single_message_id(
        "test", render.sender(newsletter), edition.uid, address, now.isoformat()
    )
    reader = Recipient(subscriber_id=0, address=address, unsubscribe="test", leaves_at=now)
    master = render.build_master(ports, email, edition, newsletter)
    message = master.message(reader, message_id=identity)
    with relay_connection(ports.relays) as relay:
        reply = relay.send(newsletter.sender_address, address, message)
    report_end(Service.RELAY)
    if reply.code // 100 != 2:  # noqa: PLR2004  # RFC 5321, 4.2.1: 2yz is success
        raise InvalidStateError(
            f"The relay did not take the test message: {reply.code} {reply.text}"
        )
