"""One open transaction, one newsletter and one feed for the store's tests."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from newsletter.domain.feed import Feed
from newsletter.domain.newsletter import Newsletter
from newsletter.store import Session, Store
from newsletter.store.collection import feeds
from newsletter.store.editions import newsletters
from tests.store.builders import EVENING


@pytest.fixture
def session(store: Store) -> Iterator[Session]:
    """A transaction that is rolled back after the test, once all that it holds is written."""
    with store.begin() as session:
        yield session
        session.flush()
        session.rollback()


@pytest.fixture
def newsletter(session: Session, now: datetime) -> Newsletter:
    return newsletters.save(session, EVENING, now=now)


@pytest.fixture
def feed(session: Session, now: datetime) -> Feed:
    """The Cedar Post's feed: English, of weight 1.5, about the Middle East."""
    cedar = Feed(
        url="https://cedar.example/rss",
        source="The Cedar Post",
        section="Middle East",
        language="en",
        weight=1.5,
        due_at=now,
    )
    return feeds.add(session, cedar, now=now)


@pytest.fixture
def wire(session: Session, now: datetime) -> Feed:
    """Another outlet's feed, about the world."""
    made = Feed(url="https://wire.example/rss", source="Gulf Wire", section="World", due_at=now)
    return feeds.add(session, made, now=now)
