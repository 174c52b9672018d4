"""The forms that the name of a people takes in its language: plural, feminine."""

from newsletter.domain.text.fold import fold
from newsletter.lexicon import read_lexicon


def inflect_demonym(demonym: str) -> tuple[str, ...]:
    """Return the word and its other forms.

    In another script than Latin it is the word alone: the matcher knows the endings there.
    """
    if not fold(demonym).isascii():
        return (demonym,)
    rules = read_lexicon("inflection")["latin"]
    rule = next(rule for rule in rules if demonym.lower().endswith(rule["ending"]))
    stem = demonym[: len(demonym) - len(rule["ending"])]
    return (demonym, *(f"{stem}{form}" for form in rule["forms"]))
