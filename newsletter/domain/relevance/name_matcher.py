"""Finding many names in a text at once, whole words only, in four scripts (Aho-Corasick)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import ahocorasick

from newsletter.domain.text.fold import _MARKS, fold
from newsletter.domain.topic import Term

# Written together with the word in Arabic and Hebrew: and, in, to, the, from, as, so.
_PREFIXES = {"arabic": frozenset("ولبكفا"), "hebrew": frozenset("והבלמשכ")}
_LONGEST_PREFIX = 3


@dataclass(frozen=True, slots=True)
class Match:
    """A term at text[start:end]."""

    term: Term
    start: int
    end: int


def _words(text: str) -> frozenset[str]:
    return frozenset(fold(text).split())


# What may follow a name without making it another word, as it stands after folding: of that land,
# its people; in Russian the cases. مصر is Egypt and مصري Egyptian, but مصرع is a death.
_ENDINGS = {
    "arabic": _words("ي يه يا يون يين يات ون ين ان ه"),
    "hebrew": _words("י ית ים יה יות ת ם ות"),
    "cyrillic": _words(
        "а я у ю е и ы о ом ем ой ей ою ею ии ий ая ое ые ие ого его ому ему им ым их ых ими ыми ую"
        " юю ам ям ами ями ах ях ов ев ец цы цев ка"
    ),
}
_ADJECTIVE_ENDS = tuple(_words("ий ый ой"))
_CASE_LETTERS = frozenset(fold("аяйьеоиы"))  # A Russian name's last letter that its cases replace.
_STEM_FROM = 4


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
        """The terms in text, the longest where several overlap, in their order."""
        plain, places = _unmarked(text)
        hits = sorted(self._hits(fold(plain)), key=lambda hit: (hit.start, -hit.end))
        kept: list[Match] = []
        for hit in hits:
            if not kept or hit.start >= kept[-1].end:
                kept.append(hit)
        if places is None:
            return kept
        return [Match(one.term, places[one.start], places[one.end - 1] + 1) for one in kept]

    def _hits(self, text: str) -> Iterator[Match]:
        for last, terms in self._automaton.iter(text):
            for term, length, is_cut in terms:
                start = last + 1 - length
                if (end := _word_end(text, start, last + 1, is_cut=is_cut)) is not None:
                    yield Match(term, start, end)


def _unmarked(text: str) -> tuple[str, list[int] | None]:
    """The text without vowel signs and accents of their own, and where each letter stood."""
    if text.isascii() or not _MARKS.search(text):
        return text, None
    places = [at for at, letter in enumerate(text) if not _MARKS.match(letter)]
    return "".join(text[at] for at in places), places


def _stem(key: str) -> str:
    """The part of a Russian name that its cases leave alone; any other name whole."""
    if _script(key[-1]) != "cyrillic" or len(key) < _STEM_FROM or " " in key:
        return key
    if key.endswith(_ADJECTIVE_ENDS):
        return key[:-2]
    return key[:-1] if key[-1] in _CASE_LETTERS else key


def _word_end(text: str, start: int, end: int, *, is_cut: bool) -> int | None:
    """Where the word at text[start:end] ends, or None when it is a part of another word.

    is_cut: the name goes on, so the bare stem is another word.
    """
    script = _script(text[start])
    if start and text[start - 1].isalnum() and not _is_prefixed(text, start, script):
        return None
    stop = end
    while stop < len(text) and text[stop].isalpha():
        stop += 1
    ending = text[end:stop]
    is_whole = ending in _ENDINGS.get(script, ()) if ending else not is_cut
    return stop if is_whole and not (stop < len(text) and text[stop].isdigit()) else None


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
