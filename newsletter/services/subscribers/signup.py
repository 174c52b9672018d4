"""Sign-up with double opt-in, and the ways out."""

import re
from dataclasses import dataclass
from datetime import timedelta

from newsletter.domain.newsletter import Newsletter
from newsletter.domain.schedule import zone
from newsletter.domain.subscribers.consent import ConsentEvent, NewSubscriber
from newsletter.domain.subscribers.email_address import parse_address
from newsletter.domain.subscribers.subscription import EndReason, Subscription, SubscriptionStatus
from newsletter.domain.text.clean import clean_line
from newsletter.errors import InputError, RateLimitedError
from newsletter.mail.content.render import render_confirm
from newsletter.mail.message.transactional import build_transactional
from newsletter.mail.preflight import check_email
from newsletter.mail.smtp import relay_connection
from newsletter.services import urls
from newsletter.services.outages import Service, report_end
from newsletter.services.ports import Ports
from newsletter.store import Session
from newsletter.store.editions import newsletters
from newsletter.store.subscribers import consent, subscribers, suppressions

ASK_AGAIN_AFTER = timedelta(minutes=10)  # One confirmation mail an address in this time.
FROM_ONE_PLACE = (
    20  # Sign-ups an hour from one address, or one network of IPv6; a classroom is not more.
)
CONFIRM_WITHIN = timedelta(days=7)
MAX_NAME_CHARS = 80

_NO_NAME = re.compile(r"https?:|www\.|[/@<>]|\.(?:com|net|org|ru|info)\b", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignupRequest:
    """What a reader typed, and where it came from."""

    address: str
    name: str = ""
    language: str = ""
    zone: str = ""
    remote_address: str = ""
    channel: str = "form"


def subscribe(ports: Ports, newsletter: Newsletter, form: SignupRequest) -> None:
    """Ask the address whether it wants the newsletter; the same happens for every good address.

    Nobody learns from outside whether an address is known: one that is confirmed, suppressed or was
    asked a moment ago gets no mail, and no error. Raises InputError for a bad address, name or
    zone, RateLimitedError, UnreachableError when the relay is down.

    1. Write down that the address is asked, so that nobody who asks at the same time mails it too.
    2. Send the mail; no transaction is open meanwhile.
    3. Where it did not leave, take back what was written, and the reader can try again. A process
       that dies before that leaves an address that can be asked again after ASK_AGAIN_AFTER.
    """
    reader = _reader(form)
    now = ports.now()
    with ports.store.begin() as session:
        if _asked_too_often(session, form, ports):
            raise RateLimitedError("Too many sign-ups from your network. Try again in an hour.")
        before = subscribers.by_address(session, newsletter.id, reader.address_key)
        subscription_id = subscribers.request(session, newsletter.id, reader, now=now)
        subscription = subscribers.by_id(session, subscription_id)
        if _is_silent(session, ports, subscription, reader):
            return
        evidence = ConsentEvent(
            event="asked", channel=form.channel, remote_address=form.remote_address
        )
        consent.record_consent(session, [subscription_id], evidence, now=now)
    try:
        _ask(ports, newsletter, subscription)
    except BaseException:
        with ports.store.begin() as session:
            subscribers.withdraw_request(session, subscription_id, before, asked_at=now)
        raise


def confirm(ports: Ports, text: str, *, remote_address: str) -> tuple[Subscription, Newsletter]:
    """The subscription that the link confirms; confirmed twice is as good as once.

    Raises InputError when the link is not ours, too old, or of a subscription that has ended;
    NotFoundError when the subscription is gone.
    """
    now = ports.now()
    with ports.store.begin() as session:
        found, newsletter = _find_subscription(session, ports, text, urls.CONFIRM)
        if found.status is SubscriptionStatus.ENDED:
            raise InputError("This subscription has ended. Sign up again to get a new link.")
        if found.status is SubscriptionStatus.CONFIRMED:
            return found, newsletter
        if now - found.requested_at > CONFIRM_WITHIN:
            raise InputError("This link is older than a week. Sign up again to get a new one.")
        if subscribers.confirm(session, found.id, now=now):
            evidence = ConsentEvent(
                event="confirmed", channel="page", remote_address=remote_address
            )
            consent.record_consent(session, [found.id], evidence, now=now)
        return subscribers.by_id(session, found.id), newsletter


def resolve_link(ports: Ports, text: str, purpose: str) -> tuple[Subscription, Newsletter]:
    """What a confirm or unsubscribe link is about; changes nothing.

    Raises InputError or NotFoundError as confirm does.
    """
    with ports.store.begin() as session:
        return _find_subscription(session, ports, text, purpose)


def unsubscribe(
    ports: Ports, text: str, *, means: str, remote_address: str
) -> tuple[Subscription, Newsletter]:
    """The subscription that the link ended; ending it twice is as good as once.

    Raises InputError when the link is not ours, NotFoundError when the subscription is gone.
    """
    now = ports.now()
    with ports.store.begin() as session:
        found, newsletter = _find_subscription(session, ports, text, urls.UNSUBSCRIBE)
        if subscribers.end(session, found.id, EndReason.UNSUBSCRIBED, now=now):
            evidence = ConsentEvent(
                event="unsubscribed", channel=means, remote_address=remote_address
            )
            consent.record_consent(session, [found.id], evidence, now=now)
        return subscribers.by_id(session, found.id), newsletter


def _find_subscription(
    session: Session, ports: Ports, text: str, purpose: str
) -> tuple[Subscription, Newsletter]:
    subscription_id = urls.read_subscription(ports, text, purpose)
    found = subscribers.by_id(session, subscription_id)
    return found, newsletters.by_id(session, found.newsletter_id)


def _reader(form: SignupRequest) -> NewSubscriber:
    address = parse_address(form.address)
    name = clean_line(form.name, max_chars=MAX_NAME_CHARS)
    if _NO_NAME.search(name):
        raise InputError("A name holds no addresses. Leave it empty, or write a name only.")
    if form.zone:
        zone(form.zone)
    return NewSubscriber(
        address=address.address,
        address_key=address.key,
        name=name,
        language=clean_line(form.language, max_chars=35),
        zone=form.zone,
    )


def _asked_too_often(session: Session, form: SignupRequest, ports: Ports) -> bool:
    if not form.remote_address:
        return False
    since = ports.now() - timedelta(hours=1)
    asked = consent.count_signups_since(session, since=since, remote_address=form.remote_address)
    return asked >= FROM_ONE_PLACE


def _is_silent(
    session: Session, ports: Ports, subscription: Subscription, reader: NewSubscriber
) -> bool:
    """Whether nothing is sent: confirmed already, not to be written to, or asked a moment ago."""
    if subscription.status is SubscriptionStatus.CONFIRMED:
        return True
    if suppressions.reason(session, reader.address_key):
        return True
    since = ports.now() - ASK_AGAIN_AFTER
    return bool(consent.count_signups_since(session, since=since, subscription_id=subscription.id))


def _ask(ports: Ports, newsletter: Newsletter, subscription: Subscription) -> None:
    email = render_confirm(
        newsletter,
        address=subscription.address,
        confirm_url=urls.confirm_url(ports, subscription.id),
        site_url=urls.site_url(ports, newsletter.slug),
    )
    check_email(email)
    message = build_transactional(
        email,
        newsletter,
        to=subscription.address,
        date=ports.now(),
        signers=ports.signers,
    )
    with relay_connection(ports.relays) as relay:
        reply = relay.send(newsletter.sender_address, subscription.address, message)
    report_end(Service.RELAY)
    if reply.code // 100 != 2:  # noqa: PLR2004  # RFC 5321, 4.2.1: 2yz is success
        raise InputError("The address did not take our mail. Is it written correctly?")
