"""Scores the mentions of a text: every weight of relevance stands here."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from newsletter.domain.topic import Term, TermKind

# A title says what a text is about and the lead says it again; what comes later may be a passing
# mention. Decision 0011 says on what these were tried.
IN_TITLE, IN_LEAD, IN_TEXT = 3.0, 1.5, 0.4  # For each name, once in each place.
MOST_FROM_LEAD, MOST_FROM_TEXT = 3.5, 1.6  # However many there are.
WEAK_SHARE = 0.35
DATELINE = 1.0  # It was written there.
SETTING = 1.0  # The lead says where a title plays that names no place at all.
THROUGHOUT = 1.0  # The text keeps coming back to the region, and to nowhere else as often.
FOREIGN_IN_TITLE = -1.0  # Another country in the title: ours may be a side of the story only.
ELSEWHERE_BELOW = -1.0  # The title names both, and the lead elsewhere twice and never ours.
OTHER_IN_TITLE, OTHER_IN_LEAD = -4.0, -2.0  # A match played in the region is still a match.
OTHER_SUBJECT_AGAIN = -1.0  # For each further word of that.
SECTION_OURS, SECTION_OTHER = 4.0, -1.5  # The source's own word weighs heavily, not blindly.
RELEVANCE_THRESHOLD = 2.4  # A name in the title, or two different ones in the lead.

MANY_MENTIONS = 3  # Mentions below the title that make a text come back to it.
DOMINANT_SHARE = 0.6  # Of all places named below the title.


class Field(StrEnum):
    TITLE = "title"
    LEAD = "lead"  # the standfirst, or the first sentences
    TEXT = "text"  # what follows it


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a field of the text; words are how it is written there."""

    term: Term
    field: Field
    words: str
    is_dateline: bool = False

    @property
    def is_strong(self) -> bool:
        return self.term.kind is TermKind.STRONG


_SHARE = {TermKind.STRONG: 1.0, TermKind.WEAK: WEAK_SHARE}
_POINTS = {Field.TITLE: IN_TITLE, Field.LEAD: IN_LEAD, Field.TEXT: IN_TEXT}


def score_mentions(mentions: Sequence[Mention]) -> float:
    """Return the sum of the points: each name counts once in a field, weak names for less."""
    if not mentions:
        return 0.0
    sums = dict.fromkeys(Field, 0.0)
    for field, kind, _ in {
        (mention.field, mention.term.kind, mention.term.text) for mention in mentions
    }:
        sums[field] += _POINTS[field] * _SHARE.get(kind, 0.0)
    return (
        sums[Field.TITLE]
        + min(sums[Field.LEAD], MOST_FROM_LEAD)
        + min(sums[Field.TEXT], MOST_FROM_TEXT)
        + _setting_points(mentions)
        + _off_topic_points(mentions)
    )


def _setting_points(mentions: Sequence[Mention]) -> float:
    """Return what the places add or take that title, lead and text name, ours and others."""
    places = [
        mention for mention in mentions if mention.term.kind in {TermKind.STRONG, TermKind.FOREIGN}
    ]
    titled = [mention for mention in places if mention.field is Field.TITLE]
    led = [mention for mention in places if mention.field is Field.LEAD]
    if any(mention.is_strong for mention in titled):
        names_both = any(not mention.is_strong for mention in titled)
        is_elsewhere = names_both and len(led) > 1 and not any(mention.is_strong for mention in led)
        return ELSEWHERE_BELOW if is_elsewhere else 0.0
    below = [mention for mention in places if mention.field is not Field.TITLE]
    ours = sum(mention.is_strong for mention in below)
    added = THROUGHOUT if ours >= MANY_MENTIONS and ours >= DOMINANT_SHARE * len(below) else 0.0
    added += DATELINE if any(mention.is_strong and mention.is_dateline for mention in led) else 0.0
    if titled:
        return added + FOREIGN_IN_TITLE
    return added + (SETTING if led and led[0].is_strong else 0.0)


def is_set_elsewhere(mentions: Sequence[Mention]) -> bool:
    """Return whether the headline names a place elsewhere too, and the lead none of ours."""
    titled = {mention.term.kind for mention in mentions if mention.field is Field.TITLE}
    is_led = any(mention.is_strong for mention in mentions if mention.field is Field.LEAD)
    return titled >= {TermKind.STRONG, TermKind.FOREIGN} and not is_led


def _off_topic_points(mentions: Sequence[Mention]) -> float:
    words = {(mention.field, mention.term.text) for mention in off_topic_mentions(mentions)}
    if not words:
        return 0.0
    is_titled = any(field is Field.TITLE for field, _ in words)
    first = OTHER_IN_TITLE if is_titled else OTHER_IN_LEAD
    return first + OTHER_SUBJECT_AGAIN * (len(words) - 1)


def off_topic_mentions(mentions: Sequence[Mention]) -> list[Mention]:
    """Return what makes it another subject, in the title or the lead; nothing beside hard news.

    A round-up stays one, whatever it tells.
    """
    titled = [mention for mention in mentions if mention.field is Field.TITLE]
    if round_up := [mention for mention in titled if mention.term.kind is TermKind.ROUND_UP]:
        return round_up
    above = [mention for mention in mentions if mention.field is not Field.TEXT]
    if any(mention.term.kind is TermKind.HARD_NEWS for mention in above):
        return []
    return [mention for mention in above if mention.term.kind is TermKind.OFF_TOPIC]
