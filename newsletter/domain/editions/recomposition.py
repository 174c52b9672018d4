"""When an edition is composed anew by itself, what it lacks, and the minute it goes out."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.domain import schedule
from newsletter.domain.editions.edition import Edition, EditionState, EditionStatus, HoldReason
from newsletter.domain.editions.states import is_draft, is_frozen, is_skipped
from newsletter.domain.editions.transitions import Transition, may
from newsletter.domain.newsletter import Newsletter, TooFewStoriesPolicy

# Clocks of machines that set theirs by the network differ by less; more was a wrong clock.
CLOCKS_APART = timedelta(minutes=1)
# A rule's, not a person's: gone with what it was for. An email that was refused waits for news.
_OF_A_RULE = frozenset({None, HoldReason.TOO_FEW_STORIES, HoldReason.UNAPPROVED, HoldReason.LATE})
_ANEW = "It is composed anew as news comes in."


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedHealth:
    """How many feeds are polled, and of them: never read yet, failed when read last.

    from_files counts the feeds that were read from a file by hand.
    """

    polled: int = 0
    unread: int = 0
    failing: int = 0
    from_files: int = 0


def describe_shortage(newsletter: Newsletter, stories: int, feeds: FeedHealth) -> str:
    """Return why so many stories are too few to go out by themselves; "" when they are enough."""
    if stories >= max(newsletter.min_stories, 1):
        return ""
    few = f"A thin day: {stories} of at least {newsletter.min_stories} stories."
    shortage = few if stories else "There is no story about the topic today."
    return f"{shortage} {_describe_trouble(feeds)}".strip()


def decide_composed_state(newsletter: Newsletter, stories: int, feeds: FeedHealth) -> EditionState:
    """Return the state of an edition of so many stories before its minute.

    Nothing is skipped before its minute: until then news may come.
    """
    shortage = describe_shortage(newsletter, stories, feeds)
    if not shortage:
        return EditionState()
    if stories and newsletter.too_few_stories_policy is TooFewStoriesPolicy.HOLD:
        return EditionState(
            status=EditionStatus.HELD, hold=HoldReason.TOO_FEW_STORIES, reason=shortage
        )
    return EditionState(reason=f"{shortage} {_ANEW}")


def decide_state_at_minute(
    edition: Edition, newsletter: Newsletter, feeds: FeedHealth
) -> EditionState | None:
    """Return what keeps an edition from going out at its minute; None when nothing here does.

    A person's approval stands for too few stories, and for no day that the newsletter has not.
    """
    if not schedule.is_sending_day(newsletter, edition.on):
        day = f"{edition.on:%A}"
        return EditionState(
            status=EditionStatus.SKIPPED, reason=f"{day} is not a day on which it goes out."
        )
    if not is_draft(edition.status):
        return None
    shortage = describe_shortage(newsletter, len(edition.stories), feeds)
    if not shortage:
        return None
    if edition.stories and newsletter.too_few_stories_policy is TooFewStoriesPolicy.HOLD:
        return EditionState(
            status=EditionStatus.HELD, hold=HoldReason.TOO_FEW_STORIES, reason=shortage
        )
    return EditionState(status=EditionStatus.SKIPPED, reason=shortage)


def release_minute(edition: Edition, newsletter: Newsletter) -> datetime:
    """Return when the edition goes out by the schedule as it is now, in UTC.

    One that a person let go after its minute goes out when that was.
    """
    scheduled = schedule.sends_at(newsletter, edition.on)
    return max(scheduled, edition.released_at) if edition.released_at else scheduled


def reopened_status(
    edition: Edition, newsletter: Newsletter, *, now: datetime
) -> EditionStatus | None:
    """Return the state to which an edition goes back that a rule kept back because of its minute.

    None where it stays. The schedule was changed, or a clock was wrong: its minute has not come, or
    it is not late. What a person had approved is approved.
    """
    minute = release_minute(edition, newsletter)
    if is_frozen(edition):
        return None
    is_to_come = now < minute and schedule.is_sending_day(newsletter, edition.on)
    is_late = schedule.is_late(newsletter, minute, now)
    is_reopened = {
        (EditionStatus.SKIPPED, None): is_to_come,
        (EditionStatus.HELD, HoldReason.UNAPPROVED): now < minute,
        (EditionStatus.HELD, HoldReason.LATE): not is_late,
    }
    if not is_reopened.get((edition.status, edition.hold), False):
        return None
    return EditionStatus.APPROVED if edition.decided_by else EditionStatus.DRAFT


def is_composed_by_itself(edition: Edition, newsletter: Newsletter, *, now: datetime) -> bool:
    """Return whether the clock may compose the edition anew at now.

    Not when a person approved it, when it is out, or once it was decided at its minute. Where its
    window is not closed yet, which is an early look or a time when nothing ran, it still may.
    """
    if not may(edition, Transition.COMPOSE):
        return False
    if now < schedule.sends_at(newsletter, edition.on):
        return True
    if is_skipped(edition.status):
        return False
    return is_draft(edition.status) or not is_window_closed(edition, newsletter)


def is_window_closed(edition: Edition, newsletter: Newsletter) -> bool:
    """Return whether the edition was composed of everything up to its cut-off."""
    return edition.closes_at >= schedule.composes_at(newsletter, edition.on)


def is_outdated(
    edition: Edition, newsletter: Newsletter, feeds: FeedHealth, *, now: datetime
) -> bool:
    """Return whether an edition has to be composed anew, with or without news.

    Its cut-off has come since; it was composed by a clock that was ahead; or its state is another
    than composing would leave it in now: min_stories was changed, feeds that failed are read again.
    """
    has_come = schedule.composes_at(newsletter, edition.on) <= now
    if has_come and not is_window_closed(edition, newsletter):
        return True
    if edition.composed_at > now + CLOCKS_APART:
        return True
    if edition.hold not in _OF_A_RULE:
        return False
    state = EditionState(status=edition.status, hold=edition.hold, reason=edition.reason)
    return state != decide_composed_state(newsletter, len(edition.stories), feeds)


def _describe_trouble(feeds: FeedHealth) -> str:
    """Return what is wrong with the feeds, in a sentence; "" when nothing is."""
    if not feeds.polled:
        return "" if feeds.from_files else "No feed is read yet: newsletter feeds add URL."
    if feeds.failing == feeds.polled:
        return f"None of the feeds could be read ({feeds.polled}): see newsletter feeds list."
    troubles = [
        f"{count} of {feeds.polled} feeds {what}."
        for count, what in (
            (feeds.unread, "have not been read yet"),
            (feeds.failing, "could not be read"),
        )
        if count
    ]
    return " ".join(troubles)
