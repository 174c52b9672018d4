"""The ports that services are handed: a settable clock, a list for a queue, a real relay."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import pytest

from newsletter.domain.editions.edition import Edition
from newsletter.domain.newsletter import Newsletter
from newsletter.embedded import mail_catcher
from newsletter.feeds.fetching.fetch_policy import FetchPolicy
from newsletter.mail.smtp import RelaySet
from newsletter.services.ports import Ports
from newsletter.store import Store
from newsletter.store.editions import newsletters
from tests.no_network_in_transactions import assert_no_transaction
from tests.patience import HANGS_S
from tests.servers import WebServer, web_server
from tests.services.worlds import Clock, Maildir, Relay, confirmed, dispatched, readers, relay

EVENING = Newsletter(id=0, slug="evening", name="The Evening Brief", sender_address="e@example.org")


@pytest.fixture(scope="session")
def capture_relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a relay that takes everything, and the Maildir in which it keeps it."""
    folder = tmp_path_factory.mktemp("capture")
    with mail_catcher.start(folder) as server:
        yield server.url, mail_catcher.mail_folder(folder)


@pytest.fixture
def mail(capture_relay: tuple[str, Path]) -> Maildir:
    """What was sent in this test."""
    found = Maildir(capture_relay[1])
    found.empty()
    return found


@pytest.fixture
def refusing() -> Iterator[Relay]:
    """A relay that answers as the test says."""
    with relay() as made:
        yield made


@pytest.fixture
def clock(now: datetime) -> Clock:
    return Clock(now)


@pytest.fixture
def queue() -> list[tuple[int, tuple[int, ...]]]:
    """The edition and batches of each order to deliver."""
    return []


@pytest.fixture
def policy() -> FetchPolicy:
    return FetchPolicy(allow_loopback=True, timeout_s=HANGS_S)


@pytest.fixture
def ports(
    store: Store,
    *,
    clock: Clock,
    queue: list[tuple[int, tuple[int, ...]]],
    capture_relay: tuple[str, Path],
    policy: FetchPolicy,
    tmp_path: Path,
) -> Ports:

    def enqueue(edition_id: int, batches: Sequence[int]) -> None:
        assert_no_transaction()
        queue.append((edition_id, tuple(batches)))

    return Ports(
        store=store,
        now=clock,
        enqueue=enqueue,
        relays=RelaySet.parse(capture_relay[0]),
        secret=b"a key for tests",
        public_url="https://news.example.org",
        fetch_policy=policy,
        journal_dir=tmp_path / "journal",
    )


@pytest.fixture
def newsletter(store: Store, now: datetime) -> Newsletter:
    """Composed at 17:00 UTC, half an hour before now, and out at 18:00."""
    with store.begin() as session:
        return newsletters.save(session, EVENING, now=now)


@pytest.fixture
def edition_for(
    ports: Ports, newsletter: Newsletter, clock: Clock
) -> Callable[[Sequence[str]], Edition]:
    """Makes an edition for readers of these names; its minute has come, deliveries are queued."""

    def make(names: Sequence[str]) -> Edition:
        readers(ports.store, newsletter, names, now=clock.at)
        return dispatched(ports, newsletter, clock)

    return make


@pytest.fixture
def edition_across(ports: Ports, newsletter: Newsletter, clock: Clock) -> Callable[..., Edition]:
    """Makes an edition for so many readers, each at the next of these domains in turn."""

    def make(count: int, *, domains: Sequence[str]) -> Edition:
        at = [domains[number % len(domains)] for number in range(count)]
        addresses = [f"r{number:03}@{domain}" for number, domain in enumerate(at)]
        confirmed(ports.store, newsletter, addresses, now=clock.at)
        return dispatched(ports, newsletter, clock)

    return make


@pytest.fixture
def edition(edition_for: Callable[[Sequence[str]], Edition]) -> Edition:
    """An edition for Amal, Lina and Samir whose deliveries are queued."""
    return edition_for(["amal", "lina", "samir"])


@pytest.fixture
def web() -> Iterator[WebServer]:
    with web_server() as server:
        yield server
