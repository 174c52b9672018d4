"""What an article says, as words that can be compared: no endings, no small words."""

import re

from newsletter.domain.text.fold import fold

_WORD = re.compile(r"\w[\w'’]*")
_LETTERS = re.compile(r"\b(?:[^\W\d_]\.){2,}")  # U.N. is UN.
_SHORTEST = 2
_STOP = frozenset(
    """a about after again all also amid an and are as at be been before being but by can could did
    do does during for from had has have he her his how if in into is it its just may more most new
    no not now of off on one or out over own said say says she so some than that the their them then
    there these they this those to two under up was we were what when where which while who why will
    with would you your here first last year years day days week people""".split()
)
# What headlines vary, longest first, with the shortest word that is cut so.
_ENDINGS = (
    ("ings", 7),
    ("edly", 7),
    ("ing", 6),
    ("ers", 6),
    ("ed", 5),
    ("er", 6),
    ("es", 5),
    ("ly", 6),
    ("s", 4),
)


def _ending_off(word: str) -> str:
    for ending, shortest in _ENDINGS:
        if word.endswith(ending) and len(word) >= shortest and not word.endswith("ss"):
            return word[: -len(ending)]
    return word


# What newsrooms call the same thing; the first word of a line stands for all, after its ending.
_SAME = """
kill killed dead deadly death died die dying fatal slain
protest protester demonstration demonstrator demonstrate rally rallies march marches marched unrest
strike airstrike raid bombing bombard bombardment
quake earthquake
jail prison imprisoned jailed
soldier troop
police cop
"""
_STANDS_FOR = {
    _ending_off(word): _ending_off(line.split()[0])
    for line in _SAME.strip().splitlines()
    for word in line.split()
}


def tokenize(text: str) -> list[str]:
    """The words of the text in their order, small, without endings and without small words."""
    whole = _LETTERS.sub(lambda letters: letters[0].replace(".", ""), fold(text))
    found = (word.split("'", maxsplit=1)[0] for word in _WORD.findall(whole))
    kept = (_ending_off(w) for w in found if len(w) >= _SHORTEST and w not in _STOP)
    return [_STANDS_FOR.get(word, word) for word in kept]
