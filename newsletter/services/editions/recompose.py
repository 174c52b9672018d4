"""Recompose: an edition is composed when its time has come, and anew as news comes in."""

from datetime import date, datetime

from newsletter.domain import schedule
from newsletter.domain.digest.digest import Placement
from newsletter.domain.editions.edition import Edition
from newsletter.domain.editions.recomposition import (
    FeedHealth,
    describe_shortage,
    is_composed_by_itself,
    is_outdated,
    is_window_closed,
)
from newsletter.domain.newsletter import Newsletter
from newsletter.services.collection.collect import collect_behind
from newsletter.services.collection.lead_image import find_lead_image
from newsletter.services.editions.compose import MAX_LATENESS, compose
from newsletter.services.ports import Ports
from newsletter.store import Session
from newsletter.store.collection import feeds
from newsletter.store.editions import editions, open_editions


def compose_now(
    ports: Ports, newsletter: Newsletter, on: date, *, expected_revision: int | None = None
) -> Edition:
    """Return the edition of the date, composed at a person's word.

    Feeds that nobody has read are read first, unless its evening is over. expected_revision is what
    the person has seen, 0 for none. Raises StaleRevisionError when it has changed since,
    InvalidStateError when it is approved, or out.
    """
    if not schedule.is_late(newsletter, schedule.sends_at(newsletter, on), ports.now()):
        collect_behind(ports.store, ports.fetch_policy, now=ports.now())
    edition = compose(
        ports.store, newsletter, on, now=ports.now(), expected_revision=expected_revision
    )
    return find_lead_image(ports.store, ports.fetch_policy, edition)


def recompose(ports: Ports, newsletter: Newsletter, on: date) -> bool:
    """Return whether the edition of the date had to be composed, and has been.

    1. Nothing is done on a day off, before its time, or past its grace; nor where a person approved
       it, or once it was decided at its minute.
    2. Where it is composed for the first time, is closed at its cut-off, or has too few stories,
       the feeds are read first that nobody has read.
    3. It is composed if it is missing or outdated, or if news came: up to its cut-off; for one of
       too few stories up to now; after the cut-off from feeds that are new.

    Raises InvalidStateError when somebody approved or changed it in the same moment.
    """
    if not _may_go_out(newsletter, on, ports.now()):
        return False
    is_composed = _compose_if_needed(ports, newsletter, on)
    if is_composed:  # of what came in up to its cut-off; with too few stories of what came after
        _compose_if_needed(ports, newsletter, on)
    return is_composed


def _may_go_out(newsletter: Newsletter, on: date, now: datetime) -> bool:
    is_late = schedule.is_late(newsletter, schedule.sends_at(newsletter, on), now)
    return schedule.is_sending_day(newsletter, on) and not is_late


def _compose_if_needed(ports: Ports, newsletter: Newsletter, on: date) -> bool:
    edition, health = _read(ports, newsletter, on)
    if not _is_open(edition, newsletter, on, ports.now()):
        return False
    if _is_decided_by_feeds(edition, newsletter, health, ports.now()) and collect_behind(
        ports.store, ports.fetch_policy, now=ports.now()
    ):
        edition, health = _read(ports, newsletter, on)
        if not _is_open(edition, newsletter, on, ports.now()):
            return False
    now = ports.now()
    until = None
    if edition is not None:
        is_short = bool(describe_shortage(newsletter, len(edition.stories), health))
        until = _news_until(edition, newsletter, is_short=is_short, now=now)
        if not is_outdated(edition, newsletter, health, now=now):
            with ports.store.begin() as session:
                if not _has_news(session, edition, newsletter, until=until, is_short=is_short):
                    return False
    _compose(ports, newsletter, edition, on=on, until=until)
    return True


def _compose(
    ports: Ports,
    newsletter: Newsletter,
    before: Edition | None,
    *,
    on: date,
    until: datetime | None,
) -> None:
    """Compose it; look for a photo where another story leads than before."""
    edition = compose(
        ports.store,
        newsletter,
        on,
        now=ports.now(),
        until=until,
        expected_revision=before.revision if before else 0,
    )
    if before is None or _lead(edition) != _lead(before):
        find_lead_image(ports.store, ports.fetch_policy, edition)


def _read(ports: Ports, newsletter: Newsletter, on: date) -> tuple[Edition | None, FeedHealth]:
    with ports.store.begin() as session:
        return editions.by_date(session, newsletter.id, on), feeds.health(session)


def _is_open(edition: Edition | None, newsletter: Newsletter, on: date, now: datetime) -> bool:
    if edition is None:
        return schedule.is_time_to_compose(newsletter, on, now)
    return is_composed_by_itself(edition, newsletter, now=now)


def _is_decided_by_feeds(
    edition: Edition | None, newsletter: Newsletter, health: FeedHealth, now: datetime
) -> bool:
    """Return whether what is decided now hangs on feeds that nobody may have read."""
    if edition is None or describe_shortage(newsletter, len(edition.stories), health):
        return True
    has_come = schedule.composes_at(newsletter, edition.on) <= now
    return has_come and not is_window_closed(edition, newsletter)


def _news_until(
    edition: Edition, newsletter: Newsletter, *, is_short: bool, now: datetime
) -> datetime:
    """Return up to when news counts: the cut-off; now, for an edition of too few stories."""
    return now if is_short else min(now, schedule.composes_at(newsletter, edition.on))


def _has_news(
    session: Session, edition: Edition, newsletter: Newsletter, *, until: datetime, is_short: bool
) -> bool:
    is_complete = not is_short and is_window_closed(edition, newsletter)
    return open_editions.has_news(
        session,
        edition,
        closes_at=max(until, edition.closes_at) if is_complete else until,
        late=MAX_LATENESS,
        of_new_feeds=is_complete,
    )


def _lead(edition: Edition) -> int | None:
    stories = edition.stories
    return next((story.lead.id for story in stories if story.placement is Placement.LEAD), None)
