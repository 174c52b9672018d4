"""Finding many names in a text at once, whole words only, in four scripts (Aho-Corasick)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import ahocorasick

from newsletter.domain.text.fold import MARKS, fold
from newsletter.domain.topic import Term
from newsletter.lexicon import read_lexicon

_MAX_PREFIX_CHARS = 3  # "And", "to" and "the" before one name.
_MIN_STEM_CHARS = 4  # A shorter Russian name has no stem apart: what is left would be any word.


@dataclass(frozen=True, slots=True)
class Match:
    """A term at text[start:end]."""

    term: Term
    start: int
    end: int


class NameMatcher:
    """Finds a fixed set of terms. Made once; safe to share between threads."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self._automaton: Any = ahocorasick.Automaton()
        for term in terms:
            key = fold(_unmarked(term.text)[0])
            stem = _stem(key)
            known = self._automaton.get(stem, ())
            self._automaton.add_word(stem, (*known, (term, len(stem), stem != key)))
        self._automaton.make_automaton()

    def find(self, text: str) -> list[Match]:
        """Return the terms in text in their order, the longest where several overlap."""
        plain, places = _unmarked(text)
        hits = sorted(self._hits(fold(plain)), key=lambda hit: (hit.start, -hit.end))
        matches: list[Match] = []
        for hit in hits:
            if not matches or hit.start >= matches[-1].end:
                matches.append(hit)
        if places is None:
            return matches
        return [Match(hit.term, places[hit.start], places[hit.end - 1] + 1) for hit in matches]

    def _hits(self, text: str) -> Iterator[Match]:
        for last, terms in self._automaton.iter(text):
            for term, length, is_cut in terms:
                start = last + 1 - length
                if (end := _word_end(text, start, last + 1, is_cut=is_cut)) is not None:
                    yield Match(term, start, end)


def _unmarked(text: str) -> tuple[str, list[int] | None]:
    """Return the text without marks that are characters, and where each letter stood."""
    if text.isascii() or not MARKS.search(text):
        return text, None
    places = [at for at, letter in enumerate(text) if not MARKS.match(letter)]
    return "".join(text[at] for at in places), places


def _stem(key: str) -> str:
    """Return the part of a Russian name that its cases leave alone; any other name whole."""
    if _script(key[-1]) != "cyrillic" or len(key) < _MIN_STEM_CHARS or " " in key:
        return key
    if key.endswith(tuple(_forms("adjective_endings", "cyrillic"))):
        return key[:-2]
    return key[:-1] if key[-1] in _forms("case_letters", "cyrillic") else key


def _word_end(text: str, start: int, end: int, *, is_cut: bool) -> int | None:
    """Return where the word at text[start:end] ends, or None when it is part of another word.

    is_cut: the name goes on, so the bare stem is another word.
    """
    script = _script(text[start])
    if start and text[start - 1].isalnum() and not _is_prefixed(text, start, script):
        return None
    stop = end
    while stop < len(text) and text[stop].isalpha():
        stop += 1
    ending = text[end:stop]
    is_whole = ending in _forms("endings", script) if ending else not is_cut
    return stop if is_whole and not (stop < len(text) and text[stop].isdigit()) else None


def _is_prefixed(text: str, start: int, script: str) -> bool:
    letters = _forms("prefixes", script)
    begin = start
    while begin and text[begin - 1].isalnum():
        begin -= 1
        if text[begin] not in letters:
            return False
    return start - begin <= _MAX_PREFIX_CHARS and bool(letters)


def _script(character: str) -> str:
    if "\u0590" <= character <= "\u05ff":
        return "hebrew"
    if "\u0600" <= character <= "\u06ff":
        return "arabic"
    return "cyrillic" if "\u0400" <= character <= "\u04ff" else "latin"


@cache
def _forms(table: str, script: str) -> frozenset[str]:
    """Return the prefixes or endings of a script, folded as the texts are."""
    return frozenset(map(fold, read_lexicon("name_forms")[table].get(script, ())))
