"""Compose: the day's articles become the edition of a date."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from newsletter.domain import schedule
from newsletter.domain.digest.builder import build_digest
from newsletter.domain.digest.digest import Decision, Digest
from newsletter.domain.editions.edition import Edition
from newsletter.domain.editions.recomposition import FeedHealth, decide_composed_state
from newsletter.domain.editions.transitions import Transition, describe_refusal, may
from newsletter.domain.newsletter import Newsletter
from newsletter.domain.relevance.classifier import TopicClassifier
from newsletter.errors import InvalidStateError, StaleRevisionError
from newsletter.mail.content.heading import preheader_of, subject_of
from newsletter.services.editions.mailable import choose_mailable
from newsletter.store import Session, Store
from newsletter.store.collection import articles, feeds
from newsletter.store.editions import earlier_editions, editions
from newsletter.topics.load import load_topic

FIRST_WINDOW = timedelta(hours=24)
LONGEST_WINDOW = timedelta(hours=96)  # A long week-end; a service that slept longer skips the rest.
# Of an article that was published before its window but came in within it: decision 0003.
MAX_LATENESS = timedelta(hours=24)
MEMORY = timedelta(days=7)  # Stories published longer ago are not searched for the same event.


def compose(
    store: Store,
    newsletter: Newsletter,
    on: date,
    *,
    now: datetime,
    until: datetime | None = None,
    expected_revision: int | None = None,
) -> Edition:
    """Compose the edition of that date of what is known at now, a draft anew, and return it.

    It is closed at its cut-off, or at now if that is earlier; with until then instead. Its window
    never gets shorter. expected_revision is the one that somebody decided to compose anew, 0 where
    there was none. Two at once do no harm: one of them makes it, and an editor's hold stays.
    Raises StaleRevisionError when it was changed while it was composed, InvalidStateError when it
    is approved, or out.
    """
    with store.begin() as session:
        known = editions.by_date(session, newsletter.id, on)
        digest = _digest(session, newsletter, known, on=on, now=now, until=until)
        edition_id = editions.save_composed(
            session,
            _new_edition(newsletter, on, digest, feeds.health(session)),
            digest,
            now=now,
            expected_revision=_revision(known) if expected_revision is None else expected_revision,
        )
        composed = editions.by_date(session, newsletter.id, on)
    assert composed is not None
    if edition_id is None:
        raise _not_composed(composed)
    return composed


def _not_composed(edition: Edition) -> InvalidStateError:
    if may(edition, Transition.COMPOSE):
        return StaleRevisionError(
            describe_refusal(edition.on, edition.status, edition.reason, is_stale=True)
        )
    return InvalidStateError(
        f"The edition of {edition.on} is approved or out already, so it is not composed anew."
    )


def _revision(known: Edition | None) -> int:
    return known.revision if known else 0


def explain_edition(
    store: Store, newsletter: Newsletter, on: date, *, now: datetime
) -> tuple[Decision, ...]:
    """Return the decisions as compose makes them, with each story's sum; nothing is written."""
    with store.begin() as session:
        known = editions.by_date(session, newsletter.id, on)
        return _digest(session, newsletter, known, on=on, now=now).decisions


def _digest(
    session: Session,
    newsletter: Newsletter,
    known: Edition | None,
    *,
    on: date,
    now: datetime,
    until: datetime | None = None,
) -> Digest:
    """Return the digest of the date.

    1. Its window begins where the last edition's that readers get has ended, and is not too long.
    2. The articles of the window are chosen from, beside what earlier editions published.
    3. What cannot be mailed is left out, and others take its place.
    """
    closes_at = _window_end(newsletter, known, on=on, now=now, until=until)
    first = min(now, schedule.composes_at(newsletter, on)) - FIRST_WINDOW
    last = earlier_editions.last_window_end(session, newsletter.id, before=on) or first
    opens_at = min(max(last, closes_at - LONGEST_WINDOW), closes_at)
    candidates = articles.in_window(
        session, opens_at=opens_at, closes_at=closes_at, late=MAX_LATENESS
    )
    published = earlier_editions.published_articles(
        session, newsletter.id, apart_from=on, since=closes_at - MEMORY
    )

    def choose_without(unfit: Collection[int]) -> Digest:
        return build_digest(
            [article for article in candidates if article.id not in unfit],
            classifier=TopicClassifier(load_topic(newsletter.topic)),
            window=(opens_at, closes_at),
            language=newsletter.language,
            max_stories=newsletter.max_stories,
            # An evening composed after the fact knows nothing of later ones.
            published=[earlier for earlier in published if earlier.on < on],
        )

    return choose_mailable(choose_without, newsletter, on)


def _window_end(
    newsletter: Newsletter,
    known: Edition | None,
    *,
    on: date,
    now: datetime,
    until: datetime | None,
) -> datetime:
    """Return where the window closes: never after now, and never before it closed the last time."""
    closes_at = min(now, until or schedule.composes_at(newsletter, on))
    if known is not None and known.closes_at <= now:
        return max(closes_at, known.closes_at)
    return closes_at


def _new_edition(
    newsletter: Newsletter, on: date, digest: Digest, health: FeedHealth
) -> editions.NewEdition:
    state = decide_composed_state(newsletter, len(digest.stories), health)
    return editions.NewEdition(
        newsletter_id=newsletter.id,
        on=on,
        status=state.status,
        hold=state.hold,
        reason=state.reason,
        sends_at=schedule.sends_at(newsletter, on),
        subject=subject_of(digest.stories, newsletter),
        preheader=preheader_of(digest.stories, newsletter.language),
    )
