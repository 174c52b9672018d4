"""Tokenising: what a text says, as words that can be compared."""

import re
from collections.abc import Mapping
from functools import cache

from newsletter.domain.text.fold import fold
from newsletter.lexicon import read_lexicon, read_words

_WORD = re.compile(r"\w[\w'’]*")
_INITIALS = re.compile(r"\b(?:[^\W\d_]\.){2,}")  # U.N. is UN.
_MIN_CHARS = 2


def tokenize(text: str) -> list[str]:
    """Return the words of the text in their order, as they are compared.

    1. Fold case, accents and look-alike letters; take the full stops out of initials.
    2. Leave out small words, and what stands behind an apostrophe.
    3. Cut the endings that headlines vary.
    4. Put one word for those that newsrooms use for the same thing.
    """
    stop_words, synonyms = _stop_words(), _synonyms()
    plain = _INITIALS.sub(lambda initials: initials[0].replace(".", ""), fold(text))
    words = (word.split("'", maxsplit=1)[0] for word in _WORD.findall(plain))
    stems = (_stem(word) for word in words if len(word) >= _MIN_CHARS and word not in stop_words)
    return [synonyms.get(stem, stem) for stem in stems]


def _stem(word: str) -> str:
    for ending, min_chars in _endings():
        if word.endswith(ending) and len(word) >= min_chars and not word.endswith("ss"):
            return word[: -len(ending)]
    return word


@cache
def _stop_words() -> frozenset[str]:
    return frozenset(read_words("tokens", "stop_words"))


@cache
def _endings() -> tuple[tuple[str, int], ...]:
    return tuple(
        (ending, min_chars)
        for endings in read_lexicon("tokens")["endings"].values()
        for ending, min_chars in endings
    )


@cache
def _synonyms() -> Mapping[str, str]:
    """Return the stem that stands for each of the stems with one meaning."""
    return {
        _stem(word): _stem(words[0])
        for groups in read_lexicon("tokens")["synonyms"].values()
        for words in groups
        for word in words
    }
