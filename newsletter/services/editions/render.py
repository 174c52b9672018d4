"""An edition as mail: rendered with its links, from the master copy once that is frozen."""

from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from newsletter.domain.editions.edition import Edition
from newsletter.domain.editions.removal import remove_articles
from newsletter.domain.newsletter import Newsletter
from newsletter.errors import PreflightError
from newsletter.mail.content.heading import with_stories
from newsletter.mail.content.render import render_digest
from newsletter.mail.message.dkim import Signer, dns_name, dns_record
from newsletter.mail.message.former_slots import restore_slots
from newsletter.mail.message.headers import HeaderContext, written_address
from newsletter.mail.message.master_copy import CompiledMaster, compile_master
from newsletter.mail.rendered import RenderedEmail
from newsletter.mail.story_checks import find_unfit
from newsletter.services import urls
from newsletter.services.ports import Ports
from newsletter.store import Session
from newsletter.store.editions import master_copies, newsletters


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsRecord:
    """A TXT record by which receivers check what signer signs."""

    signer: Signer
    name: str
    text: str


def render_preview(
    ports: Ports, edition: Edition, newsletter: Newsletter, *, banner: str = ""
) -> RenderedEmail:
    """Return the edition's email as it stands now, slots open."""
    return render_digest(
        edition, newsletter, urls.in_mail(ports, newsletter.slug, edition.id), banner=banner
    )


def load_frozen(session: Session, edition_id: int) -> RenderedEmail | None:
    """Return the edition's email as it went out, None before that."""
    copy = master_copies.by_edition(session, edition_id)
    if copy is None:
        return None
    email = RenderedEmail(
        subject=copy.subject, preheader=copy.preheader, html=copy.html, text=copy.text
    )
    return restore_slots(email)


def render_current(
    ports: Ports, session: Session, edition: Edition, newsletter: Newsletter
) -> RenderedEmail:
    """Return the email as it went out, or as it would now: without what cannot be mailed.

    Raises PreflightError when it cannot even be rendered.
    """
    if email := load_frozen(session, edition.id):
        return email
    with suppress(PreflightError):  # what is wrong is no story's, and may be looked at
        edition, _ = remove_unmailable(ports, edition, newsletter)
    return render_preview(ports, edition, newsletter)


def remove_unmailable(
    ports: Ports, edition: Edition, newsletter: Newsletter
) -> tuple[Edition, dict[int, str]]:
    """Return the edition without what cannot be mailed, and why by article; nothing is written.

    Raises PreflightError when what is wrong is no story's.
    """

    def build(part: Edition) -> RenderedEmail:
        return render_preview(ports, part, newsletter)

    unfit: dict[int, str] = {}
    while more := find_unfit(edition, newsletter, build):
        unfit |= more
        edition = with_stories(edition, remove_articles(edition.stories, more), newsletter)
    return edition, unfit


def build_master(
    ports: Ports, email: RenderedEmail, edition: Edition, newsletter: Newsletter
) -> CompiledMaster:
    """Return the email compiled for joining; its messages are dated when they leave."""
    addresses = urls.in_mail(ports, newsletter.slug, edition.id)
    frame = HeaderContext(
        edition_id=edition.id,
        edition_uid=edition.uid,
        subject=email.subject,
        zone=newsletter.zone,
        domain=sender_domain(newsletter),
        site=addresses.site,
        archive=addresses.archive,
        unsubscribe=addresses.unsubscribe,
    )
    return _compiled(email, newsletter, frame, ports.signers)


# A process compiles an edition's copy once, however many runs it takes part in.
_compiled = lru_cache(maxsize=8)(compile_master)


def sender(newsletter: Newsletter) -> str:
    """Return the address that its mail comes from, as it is written in mail."""
    return written_address(newsletter.sender_address)


def sender_domain(newsletter: Newsletter) -> str:
    """Return the domain that its mail comes from, in ASCII."""
    return sender(newsletter).rpartition("@")[2]


def dns_records(ports: Ports) -> tuple[DnsRecord, ...]:
    """Return each key's record; of a key without a domain, one for each that we send from."""
    with ports.store.begin() as session:
        domains = dict.fromkeys(map(sender_domain, newsletters.list_all(session)))
    return tuple(
        DnsRecord(signer=signer, name=dns_name(signer, domain), text=dns_record(signer))
        for signer in ports.signers
        for domain in ([signer.domain] if signer.domain else domains)
    )


def bounce_mailbox(ports: Ports, newsletter: Newsletter) -> tuple[str, str]:
    """Return the local part and the domain of the mailbox that reports on deliveries come to."""
    box, _, domain = ports.bounce_address.rpartition("@")
    return box or "bounces", domain or sender_domain(newsletter)
