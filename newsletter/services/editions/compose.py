"""Compose: the day's articles become the edition of a date."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from newsletter.domain import schedule
from newsletter.domain.digest.builder import build_digest
from newsletter.domain.digest.digest import Decision, Digest
from newsletter.domain.editions.edition import Edition
from newsletter.domain.editions.recomposition import FeedHealth, decide_fate
from newsletter.domain.newsletter import Newsletter
from newsletter.domain.relevance.classifier import TopicClassifier
from newsletter.errors import InvalidStateError
from newsletter.mail.content.heading import preheader_of, subject_of
from newsletter.services.editions.mailable import choose_mailable
from newsletter.store import Session, Store
from newsletter.store.collection import articles, feeds
from newsletter.store.editions import editions
from newsletter.topics.load import load_topic

FIRST_WINDOW = timedelta(hours=24)
LONGEST_WINDOW = timedelta(hours=96)  # A long week-end; a service that slept longer skips the rest.
MAX_LATENESS = timedelta(
    hours=24
)  # An article published before its window but found in it: decision 0003.
MEMORY = timedelta(days=7)  # Stories told longer ago are not searched for the same event.


def compose(
    store: Store, newsletter: Newsletter, on: date, *, now: datetime, until: datetime | None = None
) -> Edition:
    """The edition of that date, composed of what is known at now; a draft is composed anew.

    It is closed at its cut-off, or at now if that is earlier; with until then instead. Its window
    never gets shorter. Two at once do no harm: one of them makes it, and an editor's hold stays.
    Raises InvalidStateError when it is approved, or out.
    """
    with store.begin() as session:
        digest = _digest(session, newsletter, on, now, until)
        new = _decided(newsletter, on, digest, feeds.health(session))
        if editions.save_composed(session, new, digest, now=now) is None:
            raise InvalidStateError(
                f"The edition of {on} is approved or out already, so it is not composed anew."
            )
        composed = editions.by_date(session, newsletter.id, on)
    assert composed is not None
    return composed


def explain_edition(
    store: Store, newsletter: Newsletter, on: date, *, now: datetime
) -> tuple[Decision, ...]:
    """The decisions as compose makes them, with the sum behind each story; nothing is kept."""
    with store.begin() as session:
        return _digest(session, newsletter, on, now).decisions


def _digest(
    session: Session,
    newsletter: Newsletter,
    on: date,
    now: datetime,
    until: datetime | None = None,
) -> Digest:
    closes_at = _window_end(session, newsletter, on, now, until)
    first = min(now, schedule.composes_at(newsletter, on)) - FIRST_WINDOW
    last = editions.last_window_end(session, newsletter.id, before=on) or first
    opens_at = min(max(last, closes_at - LONGEST_WINDOW), closes_at)
    found = articles.in_window(session, opens_at=opens_at, closes_at=closes_at, late=MAX_LATENESS)
    published = editions.published_articles(
        session, newsletter.id, apart_from=on, since=closes_at - MEMORY
    )

    def choose_without(unfit: Collection[int]) -> Digest:
        return build_digest(
            [article for article in found if article.id not in unfit],
            classifier=TopicClassifier(load_topic(newsletter.topic)),
            window=(opens_at, closes_at),
            language=newsletter.language,
            max_stories=newsletter.max_stories,
            # An evening composed after the fact knows nothing of later ones.
            published=[earlier for earlier in published if earlier.on < on],
        )

    return choose_mailable(choose_without, newsletter, on)


def _window_end(
    session: Session, newsletter: Newsletter, on: date, now: datetime, until: datetime | None
) -> datetime:
    """Where the window closes: never after now, and never before it closed the last time."""
    closes_at = min(now, until or schedule.composes_at(newsletter, on))
    known = editions.by_date(session, newsletter.id, on)
    if known is not None and known.closes_at <= now:
        return max(closes_at, known.closes_at)
    return closes_at


def _decided(
    newsletter: Newsletter, on: date, digest: Digest, health: FeedHealth
) -> editions.NewEdition:
    fate = decide_fate(newsletter, len(digest.stories), health)
    return editions.NewEdition(
        newsletter_id=newsletter.id,
        on=on,
        status=fate.status,
        hold=fate.hold,
        reason=fate.reason,
        sends_at=schedule.sends_at(newsletter, on),
        subject=subject_of(digest.stories, newsletter),
        preheader=preheader_of(digest.stories, newsletter.language),
    )
