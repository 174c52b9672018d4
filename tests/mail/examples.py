"""An evening's edition of invented outlets, and how a reader's program takes a message apart."""

import re
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from functools import lru_cache
from typing import Any

from newsletter.domain.articles.article import Article, Image
from newsletter.domain.articles.labels import Label
from newsletter.domain.digest.digest import Placement, Story
from newsletter.domain.editions.edition import Edition, EditionStatus
from newsletter.domain.newsletter import Newsletter
from newsletter.locales.catalogues import translated_languages
from newsletter.mail.content.render import render_digest
from newsletter.mail.message.headers import HeaderContext
from newsletter.mail.message.master_copy import Recipient
from newsletter.mail.rendered import EmailLinks, RenderedEmail, Slot

EVENING = datetime(2026, 3, 3, 18, 0, tzinfo=UTC)
SITE = "https://letters.example"
LANGUAGES = tuple(sorted(translated_languages()))
HARBOUR = "https://www.harbour-post.example/world/2026/a-bridge-opens"


def newsletter(**fields: Any) -> Newsletter:
    usual: dict[str, Any] = {
        "id": 1,
        "slug": "evening",
        "name": "The Evening Ledger",
        "sender_address": "evening@letters.example",
        "publisher": "Lantern Press",
        "postal_address": "3 Quay Street, Valletta",
    }
    return Newsletter(**usual | fields)


def image(**fields: Any) -> Image:
    usual: dict[str, Any] = {
        "url": "https://pictures.example/bridge.jpg",
        "width": 1072,
        "height": 600,
        "alt": "A bridge at dusk",
        "caption": "The new bridge on Tuesday.",
        "credit": "Lea Haddad",
    }
    return Image(**usual | fields)


def article(**fields: Any) -> Article:
    usual: dict[str, Any] = {
        "id": 1,
        "url": HARBOUR,
        "title": "A bridge opens",
        "source": "Harbour Post",
        "published_at": EVENING,
        "collected_at": EVENING,
        "authors": ("Nour Saab",),
    }
    return Article(**usual | fields)


def story(**fields: Any) -> Story:
    usual: dict[str, Any] = {
        "title": "A bridge opens in Beirut after nine years of work",
        "summary": "The first cars crossed at noon. The city had waited since 2017.",
        "section": "Lebanon",
        "placement": Placement.SECTION,
        "lead": article(),
        "score": 1.0,
        "reason": "Two outlets tell it.",
    }
    return Story(**usual | fields)


def stories() -> tuple[Story, ...]:
    """A lead with its photo, two sections, and two briefs."""
    other = article(id=2, url="https://cedar-daily.example/bridge", source="Cedar Daily")
    return (
        story(placement=Placement.LEAD, lead=article(image=image()), others=(other,)),
        story(title="Ferries return to Tyre", label=Label.OPINION),
        story(title="Rain in the Bekaa", label=Label.LIVE),
        story(title="Amman plants trees", section="Jordan"),
        story(title="A chess final in Muscat", placement=Placement.BRIEF, section="Oman"),
        story(title="Why dates are dear", placement=Placement.BRIEF, label=Label.ANALYSIS),
    )


def edition(**fields: Any) -> Edition:
    usual: dict[str, Any] = {
        "id": 7,
        "newsletter_id": 1,
        "on": date(2026, 3, 3),
        "number": 12,
        "status": EditionStatus.DRAFT,
        "opens_at": EVENING,
        "closes_at": EVENING,
        "sends_at": EVENING,
        "composed_at": EVENING,
        "subject": "A bridge opens in Beirut",
        "preheader": "Also: ferries return to Tyre",
        "stories": stories(),
    }
    return Edition(**usual | fields)


def links(**fields: str) -> EmailLinks:
    usual: dict[str, Any] = {
        "site": f"{SITE}/evening",
        "web_version": f"{SITE}/view/abc",
        "archive": f"{SITE}/evening/archive",
        "unsubscribe": f"{SITE}/unsubscribe/{Slot.UNSUBSCRIBE}",
    }
    return EmailLinks(**usual | fields)


def digest(product: Newsletter | None = None, *, banner: str = "", **fields: Any) -> RenderedEmail:
    """The edition rendered; fields are the edition's."""
    return render_digest(edition(**fields), product or newsletter(), links(), banner=banner)


def frame(**fields: Any) -> HeaderContext:
    usual: dict[str, Any] = {
        "edition_id": 7,
        "subject": "A bridge opens in Beirut",
        "zone": "UTC",
        "domain": "letters.example",
        "site": f"{SITE}/evening",
        "archive": f"{SITE}/evening/archive",
        "unsubscribe": f"{SITE}/unsubscribe/{Slot.UNSUBSCRIBE}",
    }
    return HeaderContext(**usual | fields)


def recipient(**fields: Any) -> Recipient:
    usual: dict[str, Any] = {
        "subscriber_id": 41,
        "address": "mira@reader.example",
        "unsubscribe": "token-41",
        "leaves_at": EVENING,
    }
    return Recipient(**usual | fields)


# Python's own reader, which takes a field apart each time that it is asked for. Most fields of most
# messages are the same: what was read of one is remembered.
READER = SMTP.clone(header_factory=lru_cache(maxsize=1024)(SMTP.header_factory))


def read(message: bytes) -> EmailMessage:
    return message_from_bytes(message, policy=READER)


def mailbox_in(block: bytes, field: str) -> tuple[str, str]:
    """The name and address in a field, by RFC 2047, 6.2: nothing between two encoded words.

    The parser of Python 3.11's email.policy.default puts a space there, in names alone.
    """
    (folded,) = re.findall(rf"^{field}:(.*(?:\r\n .*)*)\r\n", block.decode(), re.MULTILINE)
    name, address = parseaddr(folded.replace("\r\n", ""))
    return str(make_header(decode_header(name))), address


def part(message: bytes, kind: str) -> str:
    """The text of the plain or html part, with the line ends of a program."""
    body = read(message).get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def unfit_lines(message: bytes) -> list[bytes]:
    """The lines that SMTP forbids or that would have to be changed on the way (RFC 5321, 4.5)."""
    assert message.endswith(b"\r\n")
    return [
        line
        for line in message.removesuffix(b"\r\n").split(b"\r\n")
        if len(line) > 998 or line.startswith(b".") or b"\n" in line or b"\r" in line
    ]
