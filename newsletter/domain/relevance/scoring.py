"""What was found in a text, as points: every weight of relevance in one place."""

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
    """A name at its place, in the words of the text."""

    term: Term
    where: Field
    words: str
    is_dateline: bool = False

    @property
    def is_strong(self) -> bool:
        return self.term.kind is TermKind.STRONG


_SHARE = {TermKind.STRONG: 1.0, TermKind.WEAK: WEAK_SHARE}
_EACH = {Field.TITLE: IN_TITLE, Field.LEAD: IN_LEAD, Field.TEXT: IN_TEXT}


def score_mentions(finds: Sequence[Mention]) -> float:
    """The score of what was found: each name once a place, weak ones for less."""
    if not finds:
        return 0.0
    sums = dict.fromkeys(Field, 0.0)
    for where, strength, _ in {(find.where, find.term.kind, find.term.text) for find in finds}:
        sums[where] += _EACH[where] * _SHARE.get(strength, 0.0)
    return (
        sums[Field.TITLE]
        + min(sums[Field.LEAD], MOST_FROM_LEAD)
        + min(sums[Field.TEXT], MOST_FROM_TEXT)
        + _where_it_plays(finds)
        + _another_subject(finds)
    )


def _where_it_plays(finds: Sequence[Mention]) -> float:
    """What is added or taken for the places that the title and the lead name."""
    places = [one for one in finds if one.term.kind in {TermKind.STRONG, TermKind.FOREIGN}]
    titled = [one for one in places if one.where is Field.TITLE]
    led = [one for one in places if one.where is Field.LEAD]
    if any(one.is_strong for one in titled):
        names_both = any(not one.is_strong for one in titled)
        is_elsewhere = names_both and len(led) > 1 and not any(one.is_strong for one in led)
        return ELSEWHERE_BELOW if is_elsewhere else 0.0
    below = [one for one in places if one.where is not Field.TITLE]
    ours = sum(one.is_strong for one in below)
    added = THROUGHOUT if ours >= MANY_MENTIONS and ours >= DOMINANT_SHARE * len(below) else 0.0
    added += DATELINE if any(one.is_strong and one.is_dateline for one in led) else 0.0
    if titled:
        return added + FOREIGN_IN_TITLE
    return added + (SETTING if led and led[0].is_strong else 0.0)


def is_set_elsewhere(finds: Sequence[Mention]) -> bool:
    """Whether the headline names a place elsewhere too, and the lead none of ours."""
    titled = {one.term.kind for one in finds if one.where is Field.TITLE}
    is_led = any(one.is_strong for one in finds if one.where is Field.LEAD)
    return titled >= {TermKind.STRONG, TermKind.FOREIGN} and not is_led


def _another_subject(finds: Sequence[Mention]) -> float:
    words = {(one.where, one.term.text) for one in off_topic_mentions(finds)}
    if not words:
        return 0.0
    is_titled = any(where is Field.TITLE for where, _ in words)
    first = OTHER_IN_TITLE if is_titled else OTHER_IN_LEAD
    return first + OTHER_SUBJECT_AGAIN * (len(words) - 1)


def off_topic_mentions(finds: Sequence[Mention]) -> list[Mention]:
    """The finds in the title or the lead that make it another subject; none beside hard news.

    A round-up stays one, whatever it tells.
    """
    titled = [one for one in finds if one.where is Field.TITLE]
    if round_up := [one for one in titled if one.term.kind is TermKind.ROUND_UP]:
        return round_up
    above = [one for one in finds if one.where is not Field.TEXT]
    if any(one.term.kind is TermKind.HARD_NEWS for one in above):
        return []
    return [one for one in above if one.term.kind is TermKind.OFF_TOPIC]
