"""What feeds append to every text: invitations to read on, to sign up, to remember the outlet."""

import re
from functools import cache

from newsletter.lexicon import any_of, read_words

_MAX_TAILS = 4  # One behind another; more is no newsroom's doing.
_TAIL_CHARS = 400  # Where they stand; a search of all that goes before would be a long one.
_ELLIPSES = r"…|\.\.\.|&hellip;"


def strip_boilerplate(line: str) -> str:
    """Return the line, or paragraph, without what stands at the end of every article."""
    plain = _small(line[-_TAIL_CHARS:])
    if not any(sign in plain for sign in _signs()):  # Most texts: far cheaper than the pattern.
        return line
    for _ in range(_MAX_TAILS):
        shorter = _tail().sub("", line[-_TAIL_CHARS:])
        if shorter == line[-_TAIL_CHARS:]:
            break
        line = line[:-_TAIL_CHARS] + shorter
    return line


@cache
def _tail() -> re.Pattern[str]:
    read_on, with_words, post, source, invitations = (
        any_of(read_words("boilerplate", table)).replace("…", ".{0,60}")
        for table in (
            "read_on",
            "read_on_with_words",
            "syndicated_post",
            "syndicated_from",
            "invitations",
        )
    )
    return re.compile(
        rf"(?:\s*(?:(?:{read_on})\W*|(?:{with_words}).*"
        rf"|(?:{post}) .{{0,300}} (?:{source}) .*|\[?(?:{_ELLIPSES})\]?)"
        # An invitation counts as a sentence of its own only.
        rf"|(?:^|(?<=[.!?…])\s+)(?:{invitations})\b.*)$",
        re.I,
    )


@cache
def _signs() -> tuple[str, ...]:
    """Return words and signs of which every tail has one."""
    tables = ("read_on", "read_on_with_words", "syndicated_from", "invitations")
    phrases = (phrase for table in tables for phrase in read_words("boilerplate", table))
    return (*(_small(phrase.split(" …")[0]) for phrase in phrases), "…", "...", "&hellip;")


def _small(text: str) -> str:
    """Return the text without capitals, as re.IGNORECASE compares: the Turkish ı is an i."""
    return text.replace("İ", "i").casefold().replace("ı", "i")
