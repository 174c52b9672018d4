"""Decides from nearby words whether an ambiguous name (Jordan, Lebanon) means our country."""

import re
from functools import cache

from newsletter.domain.relevance.name_matcher import Match
from newsletter.domain.text.fold import fold
from newsletter.domain.topic import DisambiguationRule
from newsletter.lexicon import any_of, read_words

MIN_WORD_CHARS = 4  # Shorter words stay small in a headline in title case.
MIN_WORDS = 3  # Two words with capitals are a name, and no headline in title case.

_NEXT_WORD = re.compile(r"\s([A-Z][\w'’-]+)")
_WORD_BEFORE = re.compile(r"\b([A-Z][a-z]+)\s$")
_BEFORE_CHARS = 40  # Where the word before a name is looked for; the longest words have 30 letters.


def is_other_entity(rule: DisambiguationRule, match: Match, text: str, context: str) -> bool:
    """Return whether the name at match in text is somebody's or something else's.

    context is all that is read of the article, folded.
    """
    if rule.lowercase_means_other and text[match.start].islower():
        return True
    if any(contains_word(context, word) for word in rule.excluding_words):
        return True
    return rule.is_first_name and not is_title_case(text) and _is_person(text, match, rule)


def is_us_town(match: Match, text: str) -> bool:
    """Return whether a US state follows the name, as in Cairo, Ill."""
    return text.startswith(", ", match.end) and bool(_us_state().match(text, match.end))


def has_supporting_context(rule: DisambiguationRule, context: str) -> bool:
    """Return whether the name counts without another mention of the topic beside it."""
    return not rule.needs_context or any(
        contains_word(context, word) for word in rule.supporting_words
    )


def contains_word(text: str, word: str) -> bool:
    """Return whether the word, or the words, stand in the text as wholes; both are folded."""
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        if not (at and text[at - 1].isalnum()) and not text[end : end + 1].isalnum():
            return True
        at = text.find(word, at + 1)
    return False


def is_title_case(text: str) -> bool:
    """Return whether every longer word of a headline has a capital: then capitals say nothing."""
    words = [word for word in re.findall(r"[^\W\d_]+", text) if len(word) >= MIN_WORD_CHARS]
    return len(words) >= MIN_WORDS and all(word[0].isupper() for word in words)


def _is_person(text: str, match: Match, rule: DisambiguationRule) -> bool:
    """Return whether a first name stands before, or a surname behind.

    That is a word with a capital that neither supports our meaning nor is common in headlines.
    """
    after = _NEXT_WORD.match(text, match.end)
    before = _WORD_BEFORE.search(text[max(0, match.start - _BEFORE_CHARS) : match.start])
    neighbours = [neighbour[1] for neighbour in (after, before) if neighbour]
    return any(
        fold(word) not in rule.supporting_words and not _is_common(word) for word in neighbours
    )


def _is_common(word: str) -> bool:
    plain = fold(word).removesuffix("'s")
    return plain in _common_words() or word.isupper() or plain.endswith(_common_endings())


@cache
def _common_words() -> frozenset[str]:
    return frozenset(read_words("context", "common"))


@cache
def _common_endings() -> tuple[str, ...]:
    return read_words("context", "common_endings")


@cache
def _us_state() -> re.Pattern[str]:
    names = any_of(read_words("context", "us_states"))
    abbreviations = any_of(read_words("context", "us_state_abbreviations"))
    spaced = abbreviations.replace(r"\.", r"\. ?")  # N.Y. is written N. Y. too.
    return re.compile(rf", (?:(?:{spaced})\.|(?:{names})\b)", re.IGNORECASE)
