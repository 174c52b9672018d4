"""What feeds append to every text: invitations to read on, to sign up, to remember the outlet."""

import re
from functools import cache

from newsletter.lexicon import any_of, read_words

_MAX_TAILS = 4  # One behind another; more is no newsroom's doing.
_TAIL_CHARS = 400  # Where they stand; a search of all that goes before would be a long one.
_ELLIPSES = r"…|\.\.\.|&hellip;"


def strip_boilerplate(line: str) -> str:
    """Return the line, or paragraph, without what stands at the end of every article."""
    if not _sign().search(line[-_TAIL_CHARS:]):
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
def _sign() -> re.Pattern[str]:
    """Return a pattern of which every tail has something; most texts have nothing of it."""
    tables = ("read_on", "read_on_with_words", "syndicated_from", "invitations")
    phrases = (phrase for table in tables for phrase in read_words("boilerplate", table))
    signs = any_of(phrase.split(" …")[0] for phrase in phrases)
    return re.compile(rf"{signs}|{_ELLIPSES}", re.I)
