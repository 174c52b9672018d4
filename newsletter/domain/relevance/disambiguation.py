"""Decides which of the names in a text mean the topic, and which somebody or something else."""

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

MAX_GAP_CHARS = 60  # Behind a dateline: the subject of the first sentence, or what it does.

Fields = Sequence[tuple[Field, str]]


@dataclass(frozen=True, slots=True)
class _NameInText:
    """A name, the text it stands in, and the rule that decides whose it is, if it needs one."""

    match: Match
    mention: Mention
    text: str
    rule: DisambiguationRule | None


def resolve_mentions(
    fields: Fields, matcher: NameMatcher, rules: Mapping[str, DisambiguationRule]
) -> list[Mention]:
    """Return the mentions in their order; of the ambiguous names only those that mean ours.

    rules are by the text of the term.

    1. Find the names; without ambiguous ones among them that is all.
    2. Leave out the names that are somebody's or something else's.
    3. Leave out those that need context, unless a word of their rule, or a name of the topic that
       is certain, stands in the article.
    """
    names = [
        _NameInText(match, mention, text, rules.get(mention.term.text))
        for field, text in fields
        if (matches := matcher.find(text))  # Most texts name none; a dateline need not be sought.
        for match, mention in _mentions(matches, field, text)
    ]
    if all(name.rule is None for name in names):
        return [name.mention for name in names]
    context = fold(" ".join(text for _, text in fields))
    ours = _without_others(names, context)
    has_context = any(name.mention.is_strong and _is_certain(name, context) for name in ours)
    return [name.mention for name in ours if has_context or _is_certain(name, context)]


def _mentions(matches: Sequence[Match], field: Field, text: str) -> Iterator[tuple[Match, Mention]]:
    """Yield each mention with its match. Skip towns followed by a US state.

    Skip a dateline elsewhere when the text goes on about ours: reporters sit in London.
    """
    end = dateline_end(text) if field is Field.LEAD else 0
    is_about_ours = end and _is_ours_soon(
        next((match for match in matches if match.start >= end), None), end
    )
    for match in matches:
        is_dateline = match.start < end
        if is_dateline and is_about_ours and match.term.kind is TermKind.FOREIGN:
            continue
        if not is_us_town(match, text):
            words = text[match.start : match.end]
            yield match, Mention(match.term, field, words, is_dateline)


def _is_ours_soon(first: Match | None, end: int) -> bool:
    """Return whether the first name behind a dateline is of the topic, and comes at once."""
    return (
        first is not None
        and first.term.kind is TermKind.STRONG
        and first.start - end <= MAX_GAP_CHARS
    )


def _without_others(names: Sequence[_NameInText], context: str) -> list[_NameInText]:
    """Return the names without those that are somebody's or something else's.

    In a title all of whose words have capitals, a person looks like a place: there the text below
    decides.
    """
    are_other = [
        name.rule is not None and is_other_entity(name.rule, name.match, name.text, context)
        for name in names
    ]
    are_other_below: dict[str, bool] = {}  # by the term: whether it is so wherever it stands below
    for name, is_other in zip(names, are_other, strict=True):
        if name.rule and name.mention.field is not Field.TITLE:
            term = name.mention.term.text
            are_other_below[term] = is_other and are_other_below.get(term, True)
    return [
        name
        for name, is_other in zip(names, are_other, strict=True)
        if not is_other
        and not (
            name.mention.field is Field.TITLE
            and are_other_below.get(name.mention.term.text)
            and is_title_case(name.text)
        )
    ]


def _is_certain(name: _NameInText, context: str) -> bool:
    return name.rule is None or has_supporting_context(name.rule, context)
