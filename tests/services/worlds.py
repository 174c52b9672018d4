"""What the services' tests put in: a clock, feeds, articles, readers, and a relay that refuses."""

import asyncio
import mailbox
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from sqlalchemy import select

from newsletter.domain.articles.article import Entry
from newsletter.domain.editions.edition import Edition, EditionStatus
from newsletter.domain.feed import Feed
from newsletter.domain.newsletter import Newsletter
from newsletter.domain.subscribers.consent import NewSubscriber
from newsletter.embedded.shared_server import free_port
from newsletter.services.editions.compose import compose
from newsletter.services.ports import Ports
from newsletter.services.sending.dispatch import dispatch
from newsletter.store import Store
from newsletter.store.collection import articles, feeds
from newsletter.store.delivery import deliveries
from newsletter.store.delivery_models import BatchRow
from newsletter.store.editions import editions
from newsletter.store.subscribers import subscribers
from tests.databases import remembered
from tests.patience import HANGS_S, eventually
from tests.smtp_server import DOT, Say, SmtpServer
from tests.store.builders import put_in_state

# Four events in four countries, none like another.
BEIRUT = "Beirut port takes its first cargo ship in a year"
AMMAN = "Amman builds a pipeline for drinking water"
BAGHDAD = "Baghdad museum shows clay tablets again"
CAIRO = "Cairo metro opens a line to the airport"
OTHER = "Cricket final in Lahore is delayed by rain"


@dataclass
class Clock:
    """The time it is; a test sets at."""

    at: datetime

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Maildir:
    """What the capture relay has taken."""

    folder: Path

    def messages(self) -> list[EmailMessage]:
        raws = [one.as_bytes() for one in mailbox.Maildir(self.folder)]
        return [BytesParser(EmailMessage, policy=SMTP).parsebytes(raw) for raw in raws]

    def recipients(self) -> list[str]:
        return sorted(str(one["X-Envelope-To"]) for one in self.messages())

    def empty(self) -> None:
        mailbox.Maildir(self.folder).clear()


@dataclass
class Relay:
    """A relay's memory and orders: what it answers to RCPT for an address or a domain, and to
    each message.

    A reply of "" hangs up without a word. It takes pause_s for each message, and for those to the
    addresses in withheld until they are taken out of it.
    """

    url: str = ""
    to_rcpt: dict[str, str] = field(default_factory=dict)
    to_domain: dict[str, str] = field(default_factory=dict)
    to_data: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    withheld: set[str] = field(default_factory=set)
    pause_s: float = 0

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        self.asked.append(address)
        usual = self.to_domain.get(address.partition("@")[2], "250 2.1.5 welcome")
        reply = self.to_rcpt.get(address, usual)
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self._said(server, reply)

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        (address,) = envelope.rcpt_tos
        await asyncio.sleep(self.pause_s)
        while address in self.withheld:  # noqa: ASYNC110  # changed by another thread
            await asyncio.sleep(0.01)
        reply = self.to_data.get(address, "250 2.0.0 taken")
        if reply.startswith("250"):
            self.taken.append(address)
        return self._said(server, reply)

    @staticmethod
    def _said(server: Any, reply: str) -> str:
        if not reply:
            server.transport.abort()
        return reply or "421 gone"


class InterruptedRelay(SmtpServer):
    """A relay beside which somebody does something as soon as the first message is in."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        super().__init__()
        self._meanwhile = meanwhile

    def answer_to(self, command: str) -> Say:
        if command == DOT and len(self.messages) == 1:
            self._meanwhile()
        return super().answer_to(command)

    def addressed(self) -> list[str]:
        """To whom the messages went, sorted."""
        sent = (one.recipient for one in self.messages)
        return sorted(one.removeprefix("RCPT TO:<").removesuffix(">") for one in sent)


def wait_until_noticed(store: Store, edition_id: int) -> None:
    """Wait until a run that is under way has seen what was just done to its edition.

    Each of its turns renews its lease and looks at the edition's status. The first may have looked
    before it was done; once the second has, the run acts on it.
    """
    for _ in range(2):
        before = _lease(store, edition_id)
        assert eventually(lambda: _lease(store, edition_id) != before)  # noqa: B023  # asked at once


def _lease(store: Store, edition_id: int) -> datetime | None:
    with store.begin() as session:
        row = select(BatchRow.lease_ends_at).where(BatchRow.edition_id == edition_id)
        return session.scalars(row).one()


@contextmanager
def relay() -> Iterator[Relay]:
    """A relay on loopback that does as it is told, until the end of the with statement."""
    made = Relay()
    port = free_port()
    controller = Controller(made, hostname="127.0.0.1", port=port, ready_timeout=HANGS_S)
    controller.start()
    made.url = f"smtp://127.0.0.1:{port}"
    try:
        yield made
    finally:
        controller.stop()


def rss(*items: str, title: str = "The Cedar Post") -> str:
    """An RSS document."""
    inside = "".join(items)
    head = f"<title>{title}</title><link>https://cedar.example/</link>"
    return f'<rss version="2.0"><channel>{head}{inside}</channel></rss>'


def item(path: str, *, title: str = BEIRUT, about: str = "", at: datetime | None = None) -> str:
    """An RSS item."""
    dated = f"<pubDate>{format_datetime(at)}</pubDate>" if at else ""
    link = f"<link>https://cedar.example{path}</link>"
    told = f"<description>{about}</description>"
    return f"<item><title>{title}</title>{link}{told}{dated}</item>"


def polled(store: Store, url: str, *, now: datetime, **changes: Any) -> Feed:
    """A feed that is due."""
    with store.begin() as session:
        return feeds.add(session, Feed(url=url, due_at=now, **changes), now=now)


def news(
    store: Store,
    *titles: str,
    now: datetime,
    published_at: datetime | None = None,
    source: str = "The Cedar Post",
) -> None:
    """Articles of these titles, collected at now."""
    host = source.rsplit(maxsplit=1)[-1].lower()
    entries = [
        Entry(
            url=f"https://{host}.example/{'-'.join(title.lower().split())}",
            title=title,
            published_at=published_at or now,
        )
        for title in titles
    ]
    with store.begin() as session:
        feed = Feed(url=f"https://{host}.example/rss", source=source, due_at=now, is_polled=False)
        articles.upsert_entries(session, feeds.add(session, feed, now=now), entries, now=now)


def readers(
    store: Store,
    newsletter: Newsletter,
    names: Sequence[str],
    *,
    now: datetime,
    domain: str = "example.org",
) -> None:
    """Confirmed readers, called name@domain."""
    confirmed(store, newsletter, [f"{name}@{domain}" for name in names], now=now)


def confirmed(
    store: Store, newsletter: Newsletter, addresses: Sequence[str], *, now: datetime
) -> None:
    """Confirmed readers of these addresses."""
    made = [NewSubscriber(address=address, address_key=address) for address in addresses]
    with store.begin() as session:
        subscribers.import_confirmed(session, newsletter.id, made, now=now)


def composed(store: Store, newsletter: Newsletter, *, now: datetime) -> Edition:
    """Today's edition of three stories, a draft."""

    def make() -> Edition:
        news(store, BEIRUT, AMMAN, BAGHDAD, now=now - timedelta(hours=2))
        return compose(store, newsletter, now.date(), now=now)

    return remembered(store, make, "composed", newsletter, now)


def dispatched(ports: Ports, newsletter: Newsletter, clock: Clock) -> Edition:
    """Today's edition of three stories; its minute has come, its deliveries are queued."""

    def make() -> tuple[Edition, list[tuple[int, tuple[int, ...]]]]:
        orders: list[tuple[int, tuple[int, ...]]] = []
        listening = replace(
            ports, enqueue=lambda *order: orders.append((order[0], tuple(order[1])))
        )
        edition = composed(ports.store, newsletter, now=clock.at)
        clock.at = edition.sends_at
        dispatch(listening, edition.id)
        return edition, orders

    links = (ports.public_url, ports.secret, ports.bounce_address, ports.signers, ports.send_limits)
    edition, orders = remembered(ports.store, make, "dispatched", newsletter, clock.at, *links)
    clock.at = edition.sends_at
    for order in orders:
        ports.enqueue(*order)
    return edition


def moved(store: Store, edition_id: int, to: EditionStatus, **changes: Any) -> None:
    """Put the edition into that state, wherever it was."""
    with store.begin() as session:
        put_in_state(session, edition_id, to, **changes)


def edition_of(store: Store, edition_id: int) -> Edition:
    with store.begin() as session:
        return editions.by_id(session, edition_id)


def statuses(store: Store, edition_id: int) -> dict[str, int]:
    """How many of the edition's deliveries are in each state; states of none are left out."""
    with store.begin() as session:
        counted = deliveries.counts(session, [edition_id])[edition_id]
    return {status.value: count for status, count in counted.items() if count}
