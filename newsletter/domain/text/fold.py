"""Text in the one form in which it is compared: no case, no accents, no look-alike letters."""

import re
import unicodedata

# Vowel signs and accents of their own, and what has no width at all.
MARKS = re.compile(
    "[\u00ad\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u0610-\u061a\u0640\u064b-\u065f\u0670"
    "\u200b-\u200f\u2060\ufeff]"
)

# Cyrillic and Greek letters that look like Latin ones. In a word with Latin letters they are those.
_LOOKALIKES = str.maketrans(
    "АВЕЅІЈКМНОРСТХУасеіјорѕхуԁһӏΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABESIJKMHOPCTXYaceijopsxydhlABEZHIKMNOPTYXo"
)

_MIXED = re.compile(r"[A-Za-z][\u0370-\u052f]|[\u0370-\u052f][A-Za-z]")

# Letters that are written one for the other.
_SAME_LETTERS = {
    "ı": "i",
    "’": "'",
    "ʼ": "'",
    "‘": "'",
    "ى": "ي",
    "ی": "ي",
    "ک": "ك",
    "ة": "ه",
    "׳": "'",
    "״": '"',
}


class _Folding(dict[int, int]):
    """Each character's small, unmarked form, worked out when first met; always one character."""

    def __missing__(self, code: int) -> int:
        base = unicodedata.normalize("NFKD", chr(code))[0]
        small = base.lower()
        self[code] = ord(_SAME_LETTERS.get(small[0], small[0]))
        return self[code]


_FOLDING = _Folding()


def fold(text: str) -> str:
    """Return the text in small letters without marks, each character in its old place."""
    return text.lower() if text.isascii() else _with_latin_words(text).translate(_FOLDING)


def _with_latin_words(text: str) -> str:
    """Return the text with look-alike letters in Latin words made Latin."""
    return re.sub(r"\w+", _latin_word, text) if _MIXED.search(text) else text


def _latin_word(word: re.Match[str]) -> str:
    latin = word[0].translate(_LOOKALIKES)
    return latin if latin.isascii() else word[0]
