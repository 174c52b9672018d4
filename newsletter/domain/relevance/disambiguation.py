"""Which of the names found in a text mean the topic, and which somebody or something else."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from newsletter.domain.articles.dateline import dateline_end
from newsletter.domain.relevance.context import (
    has_supporting_context,
    is_other_entity,
    is_title_case,
    is_us_town,
)
from newsletter.domain.relevance.name_matcher import Match, NameMatcher
from newsletter.domain.relevance.scoring import Field, Mention
from newsletter.domain.text.fold import fold
from newsletter.domain.topic import DisambiguationRule, TermKind

AT_ONCE_CHARS = 60  # Behind a dateline: the subject of the first sentence, or what it does.

Fields = Sequence[tuple[Field, str]]


@dataclass(frozen=True, slots=True)
class _NamedMention:
    """A name, the text it stands in, and what may settle it."""

    match: Match
    mention: Mention
    text: str
    told: DisambiguationRule | None


def resolve_mentions(
    fields: Fields, matcher: NameMatcher, ambiguous: Mapping[str, DisambiguationRule]
) -> list[Mention]:
    """What was found, in its order; of the ambiguous names those that mean ours.

    ambiguous is by the text of the term.
    """
    standing = [
        (found, find, text)
        for where, text in fields
        if (founds := matcher.find(text))
        for found, find in _standing(founds, where, text)
    ]
    if not any(find.term.text in ambiguous for _, find, _ in standing):
        return [find for _, find, _ in standing]
    names = [
        _NamedMention(found, find, text, ambiguous.get(find.term.text))
        for found, find, text in standing
    ]
    company = fold(" ".join(text for _, text in fields))
    ours = _without_others(names, company)
    has_company = any(name.mention.is_strong and _is_sure(name, company) for name in ours)
    return [name.mention for name in ours if has_company or _is_sure(name, company)]


def _standing(founds: Sequence[Match], where: Field, text: str) -> Iterator[tuple[Match, Mention]]:
    """What was found where it stands; a town of the United States is none of ours.

    A dateline elsewhere is left out when the text goes on about ours: reporters sit in London.
    """
    end = dateline_end(text) if where is Field.LEAD else 0
    is_about_ours = end and _is_of_ours(
        next((one for one in founds if one.start >= end), None), end
    )
    for one in founds:
        is_dateline = one.start < end
        if is_dateline and is_about_ours and one.term.kind is TermKind.FOREIGN:
            continue
        if not is_us_town(one, text):
            yield one, Mention(one.term, where, text[one.start : one.end], is_dateline)


def _is_of_ours(first: Match | None, end: int) -> bool:
    """Whether the first name behind a dateline is of the topic, and comes at once."""
    return (
        first is not None
        and first.term.kind is TermKind.STRONG
        and first.start - end <= AT_ONCE_CHARS
    )


def _without_others(names: Sequence[_NamedMention], company: str) -> list[_NamedMention]:
    """The names without those that somebody or something else bears.

    In a title all of whose words have capitals, a person looks like a place: the text below tells.
    """
    others = [
        name.told is not None and is_other_entity(name.told, name.match, name.text, company)
        for name in names
    ]
    below: dict[str, bool] = {}
    for name, other in zip(names, others, strict=True):
        if name.told and name.mention.where is not Field.TITLE:
            below[name.mention.term.text] = other and below.get(name.mention.term.text, True)
    return [
        name
        for name, other in zip(names, others, strict=True)
        if not other
        and not (
            name.mention.where is Field.TITLE
            and below.get(name.mention.term.text)
            and is_title_case(name.text)
        )
    ]


def _is_sure(name: _NamedMention, company: str) -> bool:
    return name.told is None or has_supporting_context(name.told, company)
