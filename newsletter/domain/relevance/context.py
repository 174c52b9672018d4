"""Names that others bear too, settled by the company they keep."""

import re

from newsletter.domain.relevance.name_matcher import Match
from newsletter.domain.text.fold import fold
from newsletter.domain.topic import DisambiguationRule

LONG_WORD, LEAST_WORDS = 4, 3  # Of a headline in title case; shorter words stay small in it.

# Capitalised before or after a country in a headline without making it a person's name: words of
# news, offices and institutions, days, and what a sentence may begin with.
_COMMON = frozenset(
    """and or in on of to from with for as at by the a an is are was were has have after over
    amid says said will may can why how what when where who new us uk un eu israel iran iraq
    syria lebanon egypt turkey saudi arabia gulf war peace talks president prime minister
    king queen army military police government court strikes attacks kills protests west
    east north south but not its his her their hits strike attack deal aid border crisis
    election vote hamas gaza hezbollah palestinian palestinians valley river embassy
    ambassador foreign security forces troops warns urges calls faces tells seeks bans
    approves rejects launches plans opens closes bombs denies accuses
    monday tuesday wednesday thursday friday saturday sunday january february march april june
    july august september october november december jan feb mar apr aug sept sep oct nov dec
    museum antiquities authority defense defence ministry airlines airport electric bank bonds
    council university institute national olympic association team day lobby railways prize
    aerospace industries innovation hayom democracy policy forum center centre office live
    independence supreme high times post armed air navy hostage hostages parliament knesset
    jews arabs muslims christians province governorate governor mayor city refugee refugees
    across inside outside near around under before between through despite without within until
    against behind beyond during would should could did does do had let only even now then here
    there this these those every all both another any some most more many ex former first last
    next old big if while since because that like unlike today yesterday meanwhile so yet still
    modern ancient greater democratic jewish arab muslim christian anti pro trump biden obama
    bush congress pentagon senate house republicans democrats british american russian""".split()
)
_FORMS_OF_OTHER_WORDS = ("ing", "ern")  # Visiting Israel, northern Jordan.
_NEXT_WORD = re.compile(r"\s([A-Z][\w'’-]+)")
_WORD_BEFORE = re.compile(r"\b([A-Z][a-z]+)\s$")
# Behind a town: it lies in the United States. Georgia and Washington are left out, being more.
_STATE = re.compile(
    r", (?:(?:Ala|Ark|Ariz|Calif|Colo|Conn|Del|Fla|Ga|Ill|Ind|Kan|Ky|La|Md|Mich|Minn|Miss|Mo|Mont"
    r"|Neb|Nev|N\. ?[HJMYCD]|Okla|Ore|Pa|Penn|S\. ?[CD]|Tenn|Tex|Vt|Va|Wash|Wis|W\. ?Va|Wyo)\."
    r"|(?:Alabama|Arkansas|Arizona|California|Colorado|Connecticut|Florida|Illinois|Indiana|Iowa"
    r"|Kansas|Kentucky|Louisiana|Maine|Maryland|Michigan|Minnesota|Mississippi|Missouri|Montana"
    r"|Nebraska|Nevada|New (?:Hampshire|Jersey|Mexico|York)|(?:North|South) Carolina|Ohio|Oklahoma"
    r"|Oregon|Pennsylvania|Tennessee|Texas|Utah|Vermont|(?:West )?Virginia|Wisconsin|Wyoming)\b)",
    re.IGNORECASE,
)
_BEFORE_CHARS = 40  # Where the word before a name is looked for.


def is_other_entity(told: DisambiguationRule, found: Match, text: str, company: str) -> bool:
    """Whether somebody or something else bears the name at found in text.

    company is all that was read of the article, folded.
    """
    if told.lowercase_means_other and text[found.start].islower():
        return True
    if any(contains_word(company, word) for word in told.excluding_words):
        return True
    return told.is_first_name and not is_title_case(text) and _is_person(text, found, told)


def is_us_town(found: Match, text: str) -> bool:
    """Whether a town in the United States is named so, its state behind it."""
    return text.startswith(", ", found.end) and bool(_STATE.match(text, found.end))


def has_supporting_context(told: DisambiguationRule, company: str) -> bool:
    """Whether the name counts without another find of the topic beside it."""
    return not told.needs_context or any(
        contains_word(company, word) for word in told.supporting_words
    )


def contains_word(text: str, word: str) -> bool:
    """Whether the word, or the words, stand in the text as wholes; both are folded."""
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        if not (at and text[at - 1].isalnum()) and not text[end : end + 1].isalnum():
            return True
        at = text.find(word, at + 1)
    return False


def _is_person(text: str, found: Match, told: DisambiguationRule) -> bool:
    """Whether a surname follows, or a first name stands before: capitalised, and no company."""
    after = _NEXT_WORD.match(text, found.end)
    before = _WORD_BEFORE.search(text[max(0, found.start - _BEFORE_CHARS) : found.start])
    near = [match[1] for match in (after, before) if match]
    return any(fold(word) not in told.supporting_words and not _is_common(word) for word in near)


def is_title_case(text: str) -> bool:
    """Whether every longer word of a headline has a capital, which then tells nothing."""
    words = [word for word in re.findall(r"[^\W\d_]+", text) if len(word) >= LONG_WORD]
    return len(words) >= LEAST_WORDS and all(word[0].isupper() for word in words)


def _is_common(word: str) -> bool:
    plain = fold(word).removesuffix("'s")
    return plain in _COMMON or word.isupper() or plain.endswith(_FORMS_OF_OTHER_WORDS)
