"""A newsletter with readers, and editions of it, made straight in the ledger's own tables."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import text

from newsletter.cli.bootstrap import FIRST
from newsletter.domain.articles.article import Entry
from newsletter.domain.articles.labels import Label
from newsletter.domain.digest.digest import Decision, Digest, Placement, Story
from newsletter.domain.editions.edition import EditionStatus
from newsletter.domain.feed import Feed
from newsletter.store import Store
from newsletter.store.collection import articles, feeds
from newsletter.store.editions import editions, newsletters
from newsletter.store.editions.editions import NewEdition

_FIRST_ON = date(2031, 1, 1)  # No beat composes an edition for it meanwhile.
_HOURS_AGO = timedelta(hours=2)  # Composed then, so that it is due for a clock that is behind, too.

# Most in one zone, some in a second, and a few in each of the small ones, whose batches come last.
_READERS = """
INSERT INTO subscriber (address, address_key, name, language, zone, created_at)
SELECT who || '@mail.example', who || '@mail.example', '', 'en', CASE
    WHEN n % 10 < 6 THEN 'Africa/Cairo' WHEN n % 10 < 9 THEN 'Asia/Beirut'
    ELSE (ARRAY['Asia/Dubai', 'Asia/Riyadh', 'Asia/Tokyo', 'Europe/Berlin', 'Europe/London',
        'Europe/Madrid', 'Europe/Paris', 'UTC'])[n / 10 % 8 + 1] END, now()
FROM generate_series(1, :count) AS n,
    LATERAL (SELECT CASE WHEN n % 100 = 50 THEN 'closed' ELSE 'reader' END || n AS who) AS named
"""
_SUBSCRIPTIONS = """
INSERT INTO subscription (newsletter_id, subscriber_id, status, requested_at, confirmed_at)
SELECT :id, id, 'confirmed', now(), now() FROM subscriber
"""


def subscribed(store: Store, count: int) -> int:
    """The id of a newsletter with so many readers; the mailbox of one in a hundred is closed."""
    with store.begin() as session:
        made = newsletters.save(session, FIRST, now=datetime.now(UTC))
        session.execute(text(_READERS), {"count": count})
        session.execute(text(_SUBSCRIPTIONS), {"id": made.id})
        session.execute(text("ANALYZE"))
    return made.id


def composed(store: Store, newsletter_id: int, number: int) -> int:
    """The id of the newsletter's edition of that number, approved and not sent yet."""
    now = datetime.now(UTC)
    entry = Entry(
        url=f"https://harbour-times.example/{number}",
        title=f"Lebanon reopens harbour number {number} after a long winter of repairs",
        summary="The minister cut a ribbon, and the first ship brought lemons. " * 4,
        published_at=now - timedelta(hours=1),
    )
    new = NewEdition(
        newsletter_id=newsletter_id,
        on=_FIRST_ON + timedelta(days=number),
        status=EditionStatus.APPROVED,
        hold=None,
        reason="",
        # Not before somebody sends it: what is due is the beat's to send.
        sends_at=now + timedelta(hours=1),
        subject=entry.title,
        preheader="A benchmark.",
    )
    with store.begin() as session:
        feed = feeds.add(
            session, Feed(url="https://harbour-times.example/", due_at=now, source="S"), now=now
        )
        articles.upsert_entries(session, feed, [entry], now=now)
        lead = articles.in_window(
            session, opens_at=now - _HOURS_AGO, closes_at=now, late=timedelta(0)
        )[-1]
        story = Story(
            title=lead.title,
            summary=lead.summary,
            section="Lebanon",
            placement=Placement.LEAD,
            lead=lead,
            label=Label.NEWS,
            score=1.0,
            reason="A benchmark.",
        )
        decision = Decision(article=lead, is_in=True, score=1.0, reason="A benchmark.", story=0)
        digest = Digest(opens_at=now, closes_at=now, stories=(story,), decisions=(decision,))
        edition_id = editions.save_composed(session, new, digest, now=now - _HOURS_AGO)
    assert edition_id is not None
    return edition_id
