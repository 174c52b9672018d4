"""Manages the feeds that are polled: reads one before adding it, removes, checks."""

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlsplit

from newsletter.domain.feed import Feed
from newsletter.errors import FeedError, FeedUnusableError, InputError, NotFoundError
from newsletter.feeds.fetching.fetch import Fetcher
from newsletter.feeds.fetching.fetch_policy import FetchPolicy
from newsletter.feeds.pages.page_metadata import linked_feeds
from newsletter.feeds.parsing.detect import WebPageError, parse_document
from newsletter.feeds.parsing.outlet_names import outlet_name, section_name
from newsletter.feeds.parsing.parsed_feed import ParsedFeed
from newsletter.services.ports import Ports
from newsletter.store import Store
from newsletter.store.collection import feeds


def add(
    store: Store,
    policy: FetchPolicy,
    url: str,
    *,
    now: datetime,
    overrides: dict[str, str | float] | None = None,
) -> tuple[Feed, ParsedFeed]:
    """Return the feed as stored, and what it contains: it is read once before it is added.

    A web page leads to the feed it names. overrides are the columns that a person gave (source,
    section, language, weight) instead of what the feed says; empty ones do not count.
    Raises FeedError when it cannot be read, InputError when url is no web address.
    """
    if urlsplit(url).scheme not in {"http", "https"}:
        raise InputError(f"{url!r} is not a web address; write it with https:// in front.")
    feed_url, parsed = _discover(Fetcher(policy), url)
    values: dict[str, str | float] = {
        "source": outlet_name(parsed, url=feed_url),
        "section": section_name(parsed, url=feed_url),
        "language": parsed.language,
    }
    values |= {name: value for name, value in (overrides or {}).items() if value != ""}
    with store.begin() as session:
        feed = feeds.add(session, Feed(url=feed_url, due_at=now, **values), now=now)  # type: ignore[arg-type]
    return feed, parsed


def check(store: Store, policy: FetchPolicy) -> tuple[tuple[Feed, str, bool], ...]:
    """Read each polled feed now; return it with the result in words, and whether it is well.

    Nothing is stored.
    """
    with store.begin() as session:
        polled = [feed for feed in feeds.list_all(session) if feed.is_polled]
    fetcher = Fetcher(policy)
    return tuple((feed, *_check_feed(fetcher, feed.url)) for feed in polled)


def add_unread_feeds(ports: Ports, new: Iterable[Feed]) -> None:
    """Add feeds that are read when they are due, and not before they are added."""
    now = ports.now()
    with ports.store.begin() as session:
        for feed in new:
            feeds.add(session, feed, now=now)


def remove_all_feeds(ports: Ports) -> None:
    """Stop reading every feed; their articles stay."""
    with ports.store.begin() as session:
        feeds.remove(session, [feed.url for feed in feeds.list_all(session)])


def remove(store: Store, url: str) -> None:
    """Stop reading a feed; its articles stay. Raises NotFoundError when there is no such feed."""
    with store.begin() as session:
        if not feeds.remove(session, [url]):
            raise NotFoundError(f"There is no feed {url}.", hint="See: newsletter feeds list")


def _discover(fetcher: Fetcher, url: str) -> tuple[str, ParsedFeed]:
    document = fetcher.fetch(url)
    try:
        parsed = parse_document(document.body, content_type=document.content_type, url=document.url)
        return document.moved_to or url, parsed
    except WebPageError:
        addresses = linked_feeds(document.body, url=document.url)
    for address in addresses:
        try:
            linked = fetcher.fetch(address)
            parsed = parse_document(linked.body, content_type=linked.content_type, url=linked.url)
        except FeedError:
            continue
        return address, parsed
    raise FeedUnusableError(f"{url} is a web page, and it names no feed that can be read.")


def _check_feed(fetcher: Fetcher, url: str) -> tuple[str, bool]:
    try:
        document = fetcher.fetch(url)
        parsed = parse_document(document.body, content_type=document.content_type, url=document.url)
    except FeedError as error:
        return str(error), False
    return f"{parsed.kind}, {len(parsed.entries)} entries. {parsed.note}".strip(), True
