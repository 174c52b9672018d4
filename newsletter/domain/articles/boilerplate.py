"""What feeds append to every text: invitations to read on, to sign up, to remember the outlet."""

import re

_TAIL = re.compile(
    r"(?:\s*(?:continue reading\W*|read more\W*|read full (?:story|article)\W*"
    r"|(?:the post|l’article|l'article) .{0,300} (?:appeared first on|est apparu en premier sur) .*"
    r"|\[?(?:…|\.\.\.|&hellip;)\]?|lire la suite.*|weiterlesen\W*|devamını oku\W*)"
    # These are boilerplate as a sentence of their own only.
    r"|(?:^|(?<=[.!?…])\s+)(?:click here|sign up (?:for|to)|get our .{0,60} app"
    r"|subscribe (?:to|now)|follow us on)\b.*)$",
    re.I,
)


# Most texts have none of it, which is told faster by a word that all of it has.
_SIGN = re.compile(
    r"reading|read (?:more|full)|premier sur|first on|…|\.\.\.|hellip|lire la|weiterlesen"
    r"|devamını|click here|sign up|get our|subscribe|follow us",
    re.I,
)
_MOST_TAILS = 4  # One behind another; more is no newsroom's doing.
_TAIL_CHARS = 400  # Where it stands; a search of all that goes before would be a long one.


def strip_boilerplate(line: str) -> str:
    """The line, or paragraph, without what stands at its end for every article alike."""
    if not _SIGN.search(line[-_TAIL_CHARS:]):
        return line
    for _ in range(_MOST_TAILS):
        shorter = _TAIL.sub("", line[-_TAIL_CHARS:])
        if shorter == line[-_TAIL_CHARS:]:
            break
        line = line[:-_TAIL_CHARS] + shorter
    return line
