"""An edition as mail: rendered with its links, from the master copy once that is frozen."""

from newsletter.domain.edition import Edition
from newsletter.domain.newsletter import Newsletter
from newsletter.mail.frame import Frame
from newsletter.mail.headers import written_address
from newsletter.mail.master import Master, compiled
from newsletter.mail.rendering import Rendered, render_digest
from newsletter.services import links
from newsletter.services.ports import Ports
from newsletter.store import Session, masters


def rendered(
    ports: Ports, edition: Edition, newsletter: Newsletter, *, banner: str = ""
) -> Rendered:
    """The edition's email as it stands now, slots open."""
    return render_digest(
        edition, newsletter, links.in_mail(ports, newsletter.slug, edition.id), banner=banner
    )


def frozen(session: Session, edition_id: int) -> Rendered | None:
    """The edition's email as it went out, None before that."""
    copy = masters.by_edition(session, edition_id)
    if copy is None:
        return None
    return Rendered(subject=copy.subject, preheader=copy.preheader, html=copy.html, text=copy.text)


def shown(ports: Ports, session: Session, edition: Edition, newsletter: Newsletter) -> Rendered:
    """The email as it went out, or as it would now."""
    return frozen(session, edition.id) or rendered(ports, edition, newsletter)


def master(ports: Ports, email: Rendered, edition: Edition, newsletter: Newsletter) -> Master:
    """The email compiled for joining; its messages are dated with the edition's minute."""
    addresses = links.in_mail(ports, newsletter.slug, edition.id)
    frame = Frame(
        edition_id=edition.id,
        subject=email.subject,
        date=edition.sends_at,
        domain=written_address(newsletter.sender_address).rpartition("@")[2],
        site=addresses.site,
        archive=addresses.archive,
        unsubscribe=addresses.unsubscribe,
    )
    return compiled(email, newsletter, frame)
