"""The place and day before an agency's first sentence: it says where the reporter sat."""

import re

# OSLO, March 10 - | OSLO, Norway (AP) — | Oslo (CNN) -- | OSLO—The
# The place in capitals, or an agency or a day behind it: "Oslo - a love story" is none.
_DATELINE = re.compile(
    r"\s*(?:By (?:[A-Z][\w.'’-]+ ){1,4}\s*)?"
    r"(?:(?P<capitals>[A-Z][A-Z.'’]+(?:[ /-][A-Z.'’]+){0,3})|[A-Z][\w.'’]+(?: [A-Z][\w.'’]+){0,3})"
    r"(?P<rest>,[^\n–—(-]{2,40}?)?\s*(?P<agency>\([A-Z][\w/ ]{1,20}\))?"
    r"\s*(?:--|[-–—])\s*(?=[A-Z“\"‘'])"
)
_DAY = re.compile(r",\s*(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.? \d")


def dateline_end(text: str) -> int:
    """Where the text's own first sentence begins behind its dateline; 0 when it has none."""
    found = _DATELINE.match(text)
    if not found:
        return 0
    is_sure = found["capitals"] or found["agency"] or _DAY.match(found["rest"] or "")
    return found.end() if is_sure else 0
