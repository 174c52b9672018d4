"""The forms that the name of a people takes in its language: plural, feminine."""

from newsletter.domain.text.fold import fold

# By how a word in Latin letters ends, what its language adds or puts for it: English and French
# plurals, French feminine forms, Turkish plurals. Arabic, Hebrew and Russian endings are known to
# the matching itself.
_FORMS = (
    ("ien", ("iens", "ienne", "iennes")),
    ("éen", ("éens", "éenne", "éennes")),
    ("ais", ("aise", "aises")),
    ("turc", ("turcs",)),
    ("ti", ("tis", "tie", "ties")),
    ("lı", ("lılar",)),
    ("li", ("lis", "liler")),
    ("lu", ("lular",)),
    ("lü", ("lüler",)),
    ("ese", ()),
    ("ish", ()),
    ("", ("s", "'s")),
)


def inflect_demonym(demonym: str) -> tuple[str, ...]:
    """The word and its other forms; the word alone in a script whose endings are known anyway."""
    if not fold(demonym).isascii():
        return (demonym,)
    ending, others = next(one for one in _FORMS if demonym.lower().endswith(one[0]))
    stem = demonym[: len(demonym) - len(ending)] if ending else demonym
    return (demonym, *(f"{stem}{other}" for other in others))
