"""The days of the week that a text names, in the languages that topics are read in."""

import re
from collections.abc import Mapping
from functools import cache

from newsletter.domain.text.fold import fold
from newsletter.lexicon import any_of, read_lexicon, read_words


def find_weekdays(text: str) -> frozenset[int]:
    """Return the weekdays named in the text, by their ISO 8601 numbers: 1 is Monday."""
    numbers = _numbers()
    return frozenset(numbers[name] for name in _pattern().findall(fold(text)))


@cache
def _numbers() -> Mapping[str, int]:
    return {
        fold(name): number
        for days in read_lexicon("weekdays")["names"].values()
        for number, names in enumerate(days, 1)
        for name in names
    }


@cache
def _pattern() -> re.Pattern[str]:
    # Longest first, since the Persian Saturday ends five of the others.
    names = any_of(sorted(_numbers(), key=len, reverse=True))
    prefixes = any_of(map(fold, read_words("weekdays", "prefixes")))
    return re.compile(rf"(?<!\w)(?:{prefixes})?({names})(?:'s|’s)?(?!\w)")
