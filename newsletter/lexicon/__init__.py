"""Word lists of the rules, as data: whoever adds a language adds words here and touches no rule.

A file holds the words of one rule: a table for each list, a key for each language (ISO 639-1), or
one list where the language does not matter. Imports nothing of the project.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def read_lexicon(name: str) -> Mapping[str, Any]:
    """Return what the file of this name holds; it is read once."""
    return tomllib.loads(files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))


def read_words(name: str, table: str) -> tuple[str, ...]:
    """Return the words of a list in the file of this name, those of all languages together."""
    lists = read_lexicon(name)[table]
    return tuple(
        lists if isinstance(lists, list) else (w for words in lists.values() for w in words)
    )


def any_of(words: Iterable[str]) -> str:
    """Return a regular expression for any of the words; in them * stands for one word."""
    return "|".join(re.escape(word).replace(r"\*", r"\w+") for word in words)
