"""Is it about the topic: names found and settled, a score, the country, and the reason in words."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote, urlsplit

from newsletter.domain.boilerplate import without_boilerplate
from newsletter.domain.company import is_backed, is_other
from newsletter.domain.matching import Matcher, folded
from newsletter.domain.topic import REGION, Ambiguity, Strength, Term, Topic

# Every weight of the score. A title says what a text is about and the lead says it again; what
# comes later may be a passing mention. decisions/0011 says on what they were tried.
IN_TITLE, IN_LEAD, IN_TEXT = 3.0, 1.5, 0.4  # For each name, once in each place.
MOST_FROM_LEAD, MOST_FROM_TEXT = 3.5, 1.6  # However many there are.
WEAK_SHARE = 0.35
SETTING = 1.0  # The lead says where a title plays that names no place at all.
THROUGHOUT = 1.0  # The text keeps coming back to the region, and to nowhere else as often.
FOREIGN_IN_TITLE = -1.0  # Another country in the title: ours may be a side of the story only.
OTHER_IN_TITLE, OTHER_IN_LEAD = -4.0, -2.0  # A match played in the region is still a match.
OTHER_AGAIN = -1.0  # For each further word of that.
SECTION_OURS, SECTION_OTHER = 4.0, -1.5  # The source's own word weighs heavily, not blindly.
ENOUGH = 2.4  # A name in the title, or two different ones in the lead.

LEAD_CHARS = 400  # A standfirst, or a text's first two sentences.
TEXT_CHARS = 1_500
OFTEN = 3  # Mentions below the title that make a text come back to it.
MOSTLY = 0.6  # Of all places named below the title.

# Sections by subject. One by place says little: a war is filed where it is felt.
_OTHER_SECTION = re.compile(
    r"sports?|football|soccer|cricket|tennis|golf|basketball|nba|nfl|motorsport|formula ?1|cycling"
    r"|recipes?|food|cooking|travel|fashion|style|music|movies|film|books|games|crosswords|puzzles"
    r"|tv|tv and radio|television|entertainment|entertainment and arts|celebrity|lifestyle"
    r"|life and style|real estate|weather|horoscopes?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relevance:
    """The verdict on one text. country is where it mostly plays, REGION for several or none.

    is_away: its title names a place elsewhere too, and its lead none of ours: an echo.
    """

    is_about: bool
    score: float
    country: str
    reason: str
    is_away: bool = False


class Place(StrEnum):
    TITLE = "title"
    LEAD = "lead"  # the standfirst, or the first sentences
    TEXT = "text"  # what follows it


@dataclass(frozen=True, slots=True)
class _Find:
    term: Term
    where: Place
    words: str

    @property
    def is_strong(self) -> bool:
        return self.term.strength is Strength.STRONG


_EACH = {Place.TITLE: IN_TITLE, Place.LEAD: IN_LEAD, Place.TEXT: IN_TEXT}


class Judge:
    """Judges texts by one topic. Made once; safe to share between threads."""

    def __init__(self, topic: Topic) -> None:
        self.topic = topic
        self._matcher = Matcher(topic.terms)
        self._ambiguous = {folded(name): told for name, told in topic.ambiguous.items()}
        strong = (term for term in topic.terms if term.strength is Strength.STRONG)
        self._countries = {folded(term.text): term.country for term in strong}

    def judge(
        self, title: str, summary: str = "", text: str = "", *, section: str = "", url: str = ""
    ) -> Relevance:
        """Whether the text is about the topic.

        title, summary and text are plain text of any length; their beginnings are read. section is
        what the source declares, or ""; url may name a section of ours too.
        """
        fields = _fields(title, summary, text)
        finds = self._settled(fields)
        filed, section_score, section_country = self._section([*_sections(section), *_path(url)])
        score = section_score + _points(finds)
        strong = [find for find in finds if find.is_strong]
        is_about = score >= ENOUGH and bool(strong or section_score > 0)
        return Relevance(
            is_about=is_about,
            score=round(score, 2),
            country=_country(strong) or section_country,
            reason=_reason(finds, is_about=is_about, filed=filed),
            is_away=_is_away(finds),
        )

    def _settled(self, fields: Sequence[tuple[Place, str]]) -> list[_Find]:
        """What was found, in its order; of the ambiguous names those that mean ours."""
        company = folded(" ".join(text for _, text in fields))
        found: list[tuple[_Find, Ambiguity | None]] = []
        for where, text in fields:
            for one in self._matcher.find(text):
                told = self._ambiguous.get(folded(one.term.text))
                if told is None or not is_other(told, one, text, company):
                    find = _Find(one.term, where, text[one.start : one.end])
                    found.append((find, told))
        has_company = any(find.is_strong and told is None for find, told in found)
        return [
            find for find, told in found if told is None or has_company or is_backed(told, company)
        ]

    def _section(self, declared: Sequence[str]) -> tuple[str, float, str]:
        """The declared section that is ours, what all of them add, and the country of ours."""
        for section in declared:
            name = _section_name(section)
            if name in self.topic.sections:
                return section, SECTION_OURS, REGION
            if name in self._countries:
                return section, SECTION_OURS, self._countries[name]
        if any(_OTHER_SECTION.fullmatch(_section_name(section)) for section in declared):
            return "", SECTION_OTHER, REGION
        return "", 0.0, REGION


def _fields(title: str, summary: str, text: str) -> list[tuple[Place, str]]:
    """What is read, by where it stands: a summary that goes on and on is a text."""
    below = summary if text.startswith(summary[:LEAD_CHARS]) and text else f"{summary}\n{text}"
    below = (text if below is summary else below)[: 2 * (LEAD_CHARS + TEXT_CHARS)]
    below = "\n".join(map(without_boilerplate, below.strip().split("\n")))
    return [
        (Place.TITLE, title[:LEAD_CHARS]),
        (Place.LEAD, below[:LEAD_CHARS]),
        (Place.TEXT, below[LEAD_CHARS : LEAD_CHARS + TEXT_CHARS]),
    ]


def _section_name(name: str) -> str:
    """A section as topics spell it: world-middle-east and News/Middle East are the same."""
    words = re.sub(r"[-_/\s]+", " ", folded(name)).replace("&", "and").strip()
    return words.removeprefix("world ").removeprefix("news ")


def _sections(section: str) -> list[str]:
    return [name.strip() for name in re.split(r"[;|>]", section) if name.strip()]


def _path(url: str) -> list[str]:
    return [unquote(part) for part in urlsplit(url).path.split("/")[:-1] if part]


def _points(finds: Sequence[_Find]) -> float:
    """The score of what was found: each name once a place, weak ones for less."""
    sums: Counter[Place] = Counter()
    for where, strength, _ in {
        (find.where, find.term.strength, folded(find.term.text)) for find in finds
    }:
        if strength in {Strength.STRONG, Strength.WEAK}:
            sums[where] += _EACH[where] * (WEAK_SHARE if strength is Strength.WEAK else 1.0)  # type: ignore[assignment]
    return (
        sums[Place.TITLE]
        + min(sums[Place.LEAD], MOST_FROM_LEAD)
        + min(sums[Place.TEXT], MOST_FROM_TEXT)
        + _where_it_plays(finds)
        + _another_subject(finds)
    )


def _where_it_plays(finds: Sequence[_Find]) -> float:
    """What is added or taken when the title names no place of ours."""
    places = [one for one in finds if one.term.strength in {Strength.STRONG, Strength.FOREIGN}]
    titled = [one for one in places if one.where is Place.TITLE]
    if any(one.is_strong for one in titled):
        return 0.0
    below = [one for one in places if one.where is not Place.TITLE]
    ours = sum(one.is_strong for one in below)
    points = THROUGHOUT if ours >= OFTEN and ours >= MOSTLY * len(below) else 0.0
    if titled:
        return points + FOREIGN_IN_TITLE
    first = next((one for one in below if one.where is Place.LEAD), None)
    return points + (SETTING if first is not None and first.is_strong else 0.0)


def _is_away(finds: Sequence[_Find]) -> bool:
    """Whether the headline names a place elsewhere too, and the lead none of ours."""
    titled = {one.term.strength for one in finds if one.where is Place.TITLE}
    is_led = any(one.is_strong for one in finds if one.where is Place.LEAD)
    return titled >= {Strength.STRONG, Strength.FOREIGN} and not is_led


def _another_subject(finds: Sequence[_Find]) -> float:
    words = {(one.where, one.term.text) for one in _other(finds)}
    if not words:
        return 0.0
    is_titled = any(where is Place.TITLE for where, _ in words)
    first = OTHER_IN_TITLE if is_titled else OTHER_IN_LEAD
    return first + OTHER_AGAIN * (len(words) - 1)


def _other(finds: Sequence[_Find]) -> list[_Find]:
    """The finds in the title or the lead that make it another subject; none beside hard news."""
    above = [one for one in finds if one.where is not Place.TEXT]
    if any(one.term.strength is Strength.HARD for one in above):
        return []
    return [one for one in above if one.term.strength is Strength.OTHER]


def _country(strong: Sequence[_Find]) -> str:
    """The country that the title, then the rest, names most; REGION when there is none."""
    each = {Place.TITLE: 3.0, Place.LEAD: 1.2, Place.TEXT: 0.3}
    sums: Counter[str] = Counter()
    first: dict[str, int] = {}
    for at, find in enumerate(strong):
        if find.term.country != REGION:
            sums[find.term.country] += each[find.where]  # type: ignore[assignment]
            first.setdefault(find.term.country, at)
    if not sums:
        return REGION
    return min(sums, key=lambda country: (-sums[country], first[country]))


def _reason(finds: Sequence[_Find], *, is_about: bool, filed: str) -> str:
    """A sentence for the editor: what was found where."""
    ours = [one for one in finds if one.term.strength in {Strength.STRONG, Strength.WEAK}]
    parts = [f"its source files it under {filed}"] if filed else []
    for where in Place:
        words = dict.fromkeys(find.words for find in ours if find.where is where)
        if words:
            named = ", ".join(f"“{word}”" for word in list(words)[:3])
            parts.append(f"{named} in the {where}")
    if not parts:
        return "Nothing in it names the topic."
    told = "; ".join(parts)
    if is_about:
        return f"{told[0].upper()}{told[1:]}."
    if other := _other(finds):
        return f"Only {told}: “{other[0].words}” makes it {other[0].term.subject}."
    return f"Only {told}: a passing mention."
