"""Finding many names in a text at once, whole words only, in four scripts (Aho-Corasick)."""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import ahocorasick

from newsletter.domain.topic import Term

# Written together with the word in Arabic and Hebrew: and, in, to, the, from, as, so.
_PREFIXES = {"arabic": frozenset("ولبكفا"), "hebrew": frozenset("והבלמשכ")}
_LONGEST_PREFIX = 3
_LONGEST_ENDING = {"arabic": 3, "hebrew": 2, "cyrillic": 3}
_INFLECTED_FROM = 5  # Cyrillic names of this length lose their last letter to inflection.


@dataclass(frozen=True, slots=True)
class Found:
    """A term at text[start:end]."""

    term: Term
    start: int
    end: int


# Letters that are written one for the other.
_SAME = {"ı": "i", "’": "'", "ʼ": "'", "‘": "'", "ى": "ي", "ة": "ه"}


class _Folding(dict[int, int]):
    """Each character's small, unmarked form, worked out when first met; always one character."""

    def __missing__(self, code: int) -> int:
        base = unicodedata.normalize("NFD", chr(code))[0]
        small = base.lower()
        self[code] = ord(_SAME.get(small[0], small[0]))
        return self[code]


_FOLDING = _Folding()


def folded(text: str) -> str:
    """The text in small letters without marks, each character in its old place."""
    return text.translate(_FOLDING)


class Matcher:
    """Finds a fixed set of terms. Made once; safe to share between threads."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self._automaton: Any = ahocorasick.Automaton()
        for term in terms:
            key = _stem(folded(term.text))
            known = self._automaton.get(key, ())
            self._automaton.add_word(key, (*known, term))
        self._automaton.make_automaton()

    def find(self, text: str) -> list[Found]:
        """The terms in text, the longest where several overlap, in their order."""
        hits = sorted(self._hits(folded(text)), key=lambda hit: (hit.start, -hit.end))
        kept: list[Found] = []
        for hit in hits:
            if not kept or hit.start >= kept[-1].end or hit.start == kept[-1].start == hit.end:
                kept.append(hit)
        return kept

    def _hits(self, text: str) -> Iterator[Found]:
        for last, terms in self._automaton.iter(text):
            for term in terms:
                start = last + 1 - len(_stem(folded(term.text)))
                if (end := _word_end(text, start, last + 1)) is not None:
                    yield Found(term, start, end)


def _stem(key: str) -> str:
    is_inflected = _script(key[-1]) == "cyrillic" and len(key) >= _INFLECTED_FROM
    return key[:-1] if is_inflected else key


def _word_end(text: str, start: int, end: int) -> int | None:
    """Where the word at text[start:end] ends, or None when it is a part of another word."""
    script = _script(text[start])
    if start and text[start - 1].isalnum() and not _is_prefixed(text, start, script):
        return None
    stop = end
    while stop < len(text) and text[stop].isalpha():
        stop += 1
    if stop - end > _LONGEST_ENDING.get(script, 0):
        return None
    return stop if not (stop < len(text) and text[stop].isdigit()) else None


def _is_prefixed(text: str, start: int, script: str) -> bool:
    letters = _PREFIXES.get(script, frozenset())
    begin = start
    while begin and text[begin - 1].isalnum():
        begin -= 1
        if text[begin] not in letters and text[begin] != "ل":
            return False
    return start - begin <= _LONGEST_PREFIX and bool(letters)


def _script(character: str) -> str:
    if "\u0590" <= character <= "\u05ff":
        return "hebrew"
    if "\u0600" <= character <= "\u06ff":
        return "arabic"
    return "cyrillic" if "\u0400" <= character <= "\u04ff" else "latin"
