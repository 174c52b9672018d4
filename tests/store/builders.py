"""What the store's tests put in: entries, readers, editions, with what a test does not say."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import update

from newsletter.domain.articles.article import Article, Entry
from newsletter.domain.digest.digest import Decision, Digest, Placement, Story
from newsletter.domain.editions.edition import EditionStatus
from newsletter.domain.feed import Feed
from newsletter.domain.newsletter import Newsletter
from newsletter.domain.subscribers.consent import NewSubscriber
from newsletter.domain.subscribers.subscription import EndReason
from newsletter.store import Session
from newsletter.store.collection import articles
from newsletter.store.editions import editions, newsletters
from newsletter.store.editions.editions import NewEdition
from newsletter.store.models import EditionRow
from newsletter.store.subscribers import subscribers

EVENING = Newsletter(id=0, slug="evening", name="The Evening Brief", sender_address="e@example.org")
TODAY = date(2026, 3, 3)


def entry(path: str = "/a", **changes: Any) -> Entry:
    return Entry(url=f"https://cedar.example{path}", title="Beirut port reopens", **changes)


def kept(session: Session, feed: Feed, path: str, *, now: datetime) -> Article:
    """A new article of the feed at that path."""
    before = {one.id for one in everything(session)}
    articles.upsert_entries(session, feed, [entry(path)], now=now)
    (new,) = [one for one in everything(session) if one.id not in before]
    return new


def everything(session: Session) -> tuple[Article, ...]:
    """Every article there is."""
    first, last = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    return articles.in_window(session, opens_at=first, closes_at=last, late=timedelta(0))


def story(lead: Article, *others: Article, **changes: Any) -> Story:
    made = Story(
        title=f"Story of {lead.url}",
        summary="The port took its first ship.",
        section="Lebanon",
        placement=Placement.LEAD,
        lead=lead,
        others=others,
        score=2.5,
        reason="“Beirut” in the title.",
    )
    return replace(made, **changes)


def digest(now: datetime, *stories: Story, out: tuple[Article, ...] = ()) -> Digest:
    """A digest of the day before now: its stories' articles are in, those of out are not."""
    ins = [
        Decision(article=one, is_in=True, score=float(-rank), reason="In.", story=at)
        for at, each in enumerate(stories)
        for rank, one in enumerate((each.lead, *each.others))
    ]
    outs = [Decision(article=one, is_in=False, score=0.5, reason="Out.") for one in out]
    return Digest(
        opens_at=now - timedelta(days=1),
        closes_at=now,
        stories=tuple(stories),
        decisions=(*ins, *outs),
    )


def new_edition(newsletter: Newsletter, on: date = TODAY, **changes: Any) -> NewEdition:
    made = NewEdition(
        newsletter_id=newsletter.id,
        on=on,
        status=EditionStatus.DRAFT,
        hold=None,
        reason="",
        sends_at=datetime.fromisoformat(f"{on}T18:00Z"),
        subject="Beirut port reopens",
        preheader="Also: rain in Amman",
    )
    return replace(made, **changes)


def saved_edition(
    session: Session, newsletter: Newsletter, on: date = TODAY, **changes: Any
) -> int:
    """The id of an edition without stories."""
    closes_at = datetime.fromisoformat(f"{on}T17:00Z")
    new = new_edition(newsletter, on, **changes)
    edition_id = editions.save_composed(session, new, digest(closes_at), now=closes_at)
    assert edition_id is not None
    return edition_id


def put_in_state(session: Session, edition_id: int, status: EditionStatus, **changes: Any) -> None:
    """Put the edition into that state, wherever it was, past every rule."""
    raised = {"revision": EditionRow.revision + 1, "status": status}
    session.execute(
        update(EditionRow).where(EditionRow.id == edition_id).values(**raised, **changes)
    )


def another_newsletter(session: Session, *, now: datetime) -> Newsletter:
    other = replace(EVENING, slug="morning", name="The Morning Brief")
    return newsletters.save(session, other, now=now)


def reader(who: str, **changes: Any) -> NewSubscriber:
    return NewSubscriber(
        address=f"{who.title()}@example.org", address_key=f"{who.lower()}@example.org", **changes
    )


def subscribed(
    session: Session, newsletter: Newsletter, *names: str, now: datetime
) -> dict[str, int]:
    """The ids of confirmed subscriptions, by name."""
    ids = {}
    for name in names:
        ids[name] = subscribers.request(session, newsletter.id, reader(name), now=now)
        subscribers.confirm(session, ids[name], now=now)
    return ids


def ended(session: Session, subscription_id: int, *, now: datetime) -> None:
    subscribers.end(session, subscription_id, EndReason.UNSUBSCRIBED, now=now)
