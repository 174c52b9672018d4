"""The place and day before an agency's first sentence: it says where the reporter sat."""

import re
from functools import cache

from newsletter.lexicon import any_of, read_words

# OSLO, March 10 - | OSLO, Norway (AP) — | Oslo (CNN) -- | OSLO—The
# The place in capitals, or an agency or a day behind it: "Oslo - a love story" is none.
_DATELINE = re.compile(
    r"\s*(?:By (?:[A-Z][\w.'’-]+ ){1,4}\s*)?"
    r"(?:(?P<capitals>[A-Z][A-Z.'’]+(?:[ /-][A-Z.'’]+){0,3})|[A-Z][\w.'’]+(?: [A-Z][\w.'’]+){0,3})"
    r"(?P<rest>,[^\n–—(-]{2,40}?)?\s*(?P<agency>\([A-Z][\w/ ]{1,20}\))?"
    r"\s*(?:--|[-–—])\s*(?=[A-Z“\"‘'])"
)


def dateline_end(text: str) -> int:
    """Return where the text's own first sentence begins behind its dateline; 0 without one."""
    match = _DATELINE.match(text)
    if not match:
        return 0
    is_sure = match["capitals"] or match["agency"] or _month_and_day().match(match["rest"] or "")
    return match.end() if is_sure else 0


def strip_agency_dateline(paragraph: str) -> str:
    """Return the paragraph without a dateline that names its agency, as in OSLO (AP) —."""
    return _agency_dateline().sub("", paragraph)


@cache
def _month_and_day() -> re.Pattern[str]:
    return re.compile(rf",\s*(?:{any_of(read_words('dateline', 'months'))})[a-z]*\.? \d")


@cache
def _agency_dateline() -> re.Pattern[str]:
    agencies = any_of(read_words("dateline", "agencies"))
    return re.compile(
        rf"^[A-Z][A-Za-z0-9 .,'’/-]{{2,60}}\((?:{agencies}|[A-Z]{{2,6}})\)\s*[—–-]+\s*"
    )
