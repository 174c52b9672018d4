"""What of an edition can be mailed: an article that cannot is out, with a reason for editors."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

from newsletter.domain.digest.digest import Decision, Digest
from newsletter.domain.editions.edition import Edition
from newsletter.domain.editions.removal import remove_from_digest
from newsletter.domain.editions.transitions import Transition
from newsletter.domain.newsletter import Newsletter
from newsletter.errors import PreflightError
from newsletter.mail.content.heading import with_stories
from newsletter.mail.content.render import render_digest
from newsletter.mail.rendered import EmailLinks, Slot
from newsletter.mail.story_checks import find_unfit
from newsletter.store import Session
from newsletter.store.editions import editions
from newsletter.store.editions.edition_stories import replace_stories
from newsletter.store.editions.transitions import try_transition

MAX_CHOICES = 5  # Choosing takes seconds on a day of war; then what is unfit is not replaced.

# As long as ours are: what a mail weighs depends on them.
_LINKS = EmailLinks(
    site="https://newsletter.example/n/evening",
    web_version=f"https://newsletter.example/view/{'x' * 60}",
    archive="https://newsletter.example/n/evening/archive",
    unsubscribe=f"https://newsletter.example/unsubscribe/{Slot.UNSUBSCRIBE}",
)
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def choose_mailable(
    choose: Callable[[Collection[int]], Digest], newsletter: Newsletter, on: date
) -> Digest:
    """Return a digest whose articles can all be mailed; others have taken the unfit ones' place.

    choose makes a digest without the articles of these ids. An unfit one is decided by its reason.
    """
    unfit: dict[int, Decision] = {}
    digest = choose(())
    for _ in range(MAX_CHOICES):
        reasons = _find_in_digest(digest, newsletter, on)
        if not reasons:
            return _with_decisions(digest, unfit.values())
        unfit |= {decision.article.id: decision for decision in _decide(digest.decisions, reasons)}
        digest = choose(unfit.keys())
    while reasons := _find_in_digest(digest, newsletter, on):
        digest = remove_from_digest(digest, reasons)
    return _with_decisions(digest, unfit.values())


def store_removal(
    session: Session, edition: Edition, newsletter: Newsletter, unfit: Mapping[int, str]
) -> Edition | None:
    """Take the unfit articles out of the stored edition, with their reasons; return it without.

    None when it has changed since it was read: then nothing is written.
    """
    digest = remove_from_digest(
        Digest(
            opens_at=edition.opens_at,
            closes_at=edition.closes_at,
            stories=edition.stories,
            decisions=editions.decisions(session, edition.id),
        ),
        unfit,
    )
    heading = with_stories(edition, digest.stories, newsletter)
    revision = try_transition(
        session,
        edition.id,
        Transition.REMOVE_STORIES,
        expected_revision=edition.revision,
        subject=heading.subject,
        preheader=heading.preheader,
    )
    if revision is None:
        return None
    replace_stories(session, edition.id, digest)
    return editions.by_id(session, edition.id)


def _decide(decisions: Iterable[Decision], reasons: Mapping[int, str]) -> Iterator[Decision]:
    for decision in decisions:
        if reason := reasons.get(decision.article.id):
            yield replace(decision, is_in=False, story=None, reason=reason)


def _with_decisions(digest: Digest, more: Iterable[Decision]) -> Digest:
    return replace(digest, decisions=(*digest.decisions, *more))


def _find_in_digest(digest: Digest, newsletter: Newsletter, on: date) -> dict[int, str]:
    """Return what cannot be mailed; nothing when the newsletter itself cannot: dispatch says so."""
    try:
        return find_unfit(
            _edition(digest, newsletter, on),
            newsletter,
            lambda part: render_digest(part, newsletter, _LINKS),
        )
    except PreflightError:
        return {}


def _edition(digest: Digest, newsletter: Newsletter, on: date) -> Edition:
    bare = Edition(
        id=0,
        newsletter_id=newsletter.id,
        on=on,
        number=0,
        opens_at=digest.opens_at,
        closes_at=digest.closes_at,
        sends_at=_NEVER,
        composed_at=_NEVER,
        subject="",
        preheader="",
        stories=(),
    )
    return with_stories(bare, digest.stories, newsletter)
