"""Is it about the topic: names found and settled, a score, the country, and the reason in words."""

import re
from collections import Counter
from dataclasses import dataclass

from newsletter.domain.matching import Found, Matcher, folded
from newsletter.domain.topic import REGION, Ambiguity, Strength, Term, Topic

# What a find counts for, by where it stands. A title says what a text is about; the first
# paragraphs say it again; what comes later may be a passing mention.
IN_TITLE, IN_SUMMARY, IN_TEXT = 3.0, 1.5, 0.4
TEXT_CHARS = 1_500
MOST_FROM_SUMMARY, MOST_FROM_TEXT = 3.5, 1.6  # However often it is said.
WEAK_SHARE = 0.35
SECTION_OURS, SECTION_OTHER = 4.0, -1.5  # The source's own word weighs heavily, not blindly.
FOREIGN_IN_TITLE = -1.0  # Another country in the title: ours may be a side of the story only.
LONG_WORD, LEAST_WORDS = 4, 3  # Of a headline in title case; shorter words stay small in it.
ENOUGH = 2.4  # A name in the title, or two different ones in the first paragraph.

_OTHER_SECTION = re.compile(
    r"sports?|football|soccer|cricket|tennis|golf|basketball|nba|nfl|recipes?|food|cooking|travel"
    r"|fashion|us|u\.s\.|us news|us and canada|uk|uk news|england|scotland|wales|africa|asia|europe"
    r"|latin america|australia|india|business|technology|science|arts|music|movies|books|tv|media"
    r"|television|style|real estate|opinion|health|entertainment|celebrity|lifestyle|new york"
    r"|politics|weather|obituaries",
    re.I,
)
# Capitalised before or after a country in a headline without making it a person's name.
_COMMON = frozenset(
    """and or in on of to from with for as at by the a an is are was were has have after over
    amid says said will may can why how what when where who new us uk un eu israel iran iraq
    syria lebanon egypt turkey saudi arabia gulf war peace talks president prime minister
    king queen army military police government court strikes attacks kills protests west
    east north south but not its his her their hits strike attack deal aid border crisis
    election vote hamas gaza hezbollah palestinian palestinians valley river embassy
    ambassador foreign security forces troops warns urges calls faces tells seeks bans
    approves rejects launches plans opens closes bombs denies accuses""".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relevance:
    """The verdict on one text. country is where it mostly plays, REGION for several or none."""

    is_about: bool
    score: float
    country: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Find:
    term: Term
    where: str
    words: str


class Judge:
    """Judges texts by one topic. Made once; safe to share between threads."""

    def __init__(self, topic: Topic) -> None:
        self.topic = topic
        self._matcher = Matcher(topic.terms)
        self._ambiguous = {folded(name): told for name, told in topic.ambiguous.items()}
        strong = (term for term in topic.terms if term.strength is Strength.STRONG)
        self._countries = {folded(term.text): term.country for term in strong}

    def judge(self, title: str, summary: str = "", text: str = "", section: str = "") -> Relevance:
        """Whether the text is about the topic; section is what its source declares, or "".

        All are plain text of any length; of text the beginning is read.
        """
        fields = (("title", title), ("summary", summary[:TEXT_CHARS]), ("text", text[:TEXT_CHARS]))
        company = folded(" ".join((title, summary[:TEXT_CHARS], text[:TEXT_CHARS])))
        finds = self._settled(fields, company)
        section_score, section_country = self._section(section)
        score = section_score + _points(finds)
        strong = [find for find in finds if find.term.strength is Strength.STRONG]
        is_about = score >= ENOUGH and bool(strong or section_score > 0)
        return Relevance(
            is_about=is_about,
            score=round(score, 2),
            country=_country(strong) or section_country,
            reason=_reason(finds, is_about=is_about, section=section if section_score > 0 else ""),
        )

    def _settled(self, fields: tuple[tuple[str, str], ...], company: str) -> list[_Find]:
        sure: list[_Find] = []
        open_: list[tuple[_Find, Ambiguity]] = []
        for where, text in fields:
            for found in self._matcher.find(text):
                find = _Find(found.term, where, text[found.start : found.end])
                told = self._ambiguous.get(folded(found.term.text))
                if told is None:
                    sure.append(find)
                elif not _is_other(told, found, text, company):
                    open_.append((find, told))
        has_company = any(find.term.strength is Strength.STRONG for find in sure)
        settled = (find for find, told in open_ if has_company or _is_backed(told, company))
        return [*sure, *settled]

    def _section(self, section: str) -> tuple[float, str]:
        """What the declared sections add, and the country that one of them names."""
        names = [folded(name.strip()) for name in re.split(r"[;|>]", section) if name.strip()]
        for name in names:
            if name in self.topic.sections:
                return SECTION_OURS, REGION
            if name in self._countries:
                return SECTION_OURS, self._countries[name]
        if any(_OTHER_SECTION.fullmatch(name) for name in names):
            return SECTION_OTHER, REGION
        return 0.0, REGION


def _is_other(told: Ambiguity, found: Found, text: str, company: str) -> bool:
    """Whether somebody or something else bears the name here."""
    words = text[found.start : found.end]
    if told.is_lower_other and words[:1].islower():
        return True
    if any(_has(company, word) for word in told.not_):
        return True
    return told.is_first_name and _is_person(text, found, told)


def _is_person(text: str, found: Found, told: Ambiguity) -> bool:
    """Whether a surname follows, or a first name stands before: capitalised, and no company."""
    if _is_title_case(text):
        return False  # its capitals tell nothing
    after = re.match(r"\s([A-Z][\w'’-]+)", text[found.end :])
    before = re.search(r"(?:^|[^.!?:;,\s]\s|\s)([A-Z][a-z]+)\s$", text[: found.start])
    near = [match[1] for match in (after, before) if match]
    return any(folded(word) not in told.with_ and not _is_common(word) for word in near)


def _is_title_case(text: str) -> bool:
    """Whether it is a headline in which every longer word begins with a capital."""
    words = [word for word in re.findall(r"[^\W\d_]+", text) if len(word) >= LONG_WORD]
    return len(words) >= LEAST_WORDS and all(word[0].isupper() for word in words)


def _is_common(word: str) -> bool:
    return folded(word) in _COMMON or word.isupper()


def _is_backed(told: Ambiguity, company: str) -> bool:
    if any(_has(company, word) for word in told.with_):
        return True
    return not told.needs_company


def _has(company: str, word: str) -> bool:
    at = company.find(word)
    while at >= 0:
        end = at + len(word)
        is_whole = not (at and company[at - 1].isalnum()) and not company[end : end + 1].isalnum()
        if is_whole:
            return True
        at = company.find(word, at + 1)
    return False


def _points(finds: list[_Find]) -> float:
    """The score of what was found: each name once a field, weak ones for less."""
    each = {"title": IN_TITLE, "summary": IN_SUMMARY, "text": IN_TEXT}
    sums: Counter[str] = Counter()
    for where, strength, _ in {
        (find.where, find.term.strength, folded(find.term.text)) for find in finds
    }:
        if strength is Strength.FOREIGN:
            sums["foreign"] += where == "title"
        else:
            share = 1.0 if strength is Strength.STRONG else WEAK_SHARE
            sums[where] += each[where] * share  # type: ignore[assignment]
    return (
        sums["title"]
        + min(sums["summary"], MOST_FROM_SUMMARY)
        + min(sums["text"], MOST_FROM_TEXT)
        + (FOREIGN_IN_TITLE if sums["foreign"] and not sums["title"] else 0.0)
    )


def _country(strong: list[_Find]) -> str:
    """The country that the title, then the rest, names most; REGION when two are as much."""
    each = {"title": 3.0, "summary": 1.2, "text": 0.3}
    sums: Counter[str] = Counter()
    first: dict[str, int] = {}
    for at, find in enumerate(strong):
        if find.term.country != REGION:
            sums[find.term.country] += each[find.where]  # type: ignore[assignment]
            first.setdefault(find.term.country, at)
    if not sums:
        return REGION
    return min(sums, key=lambda country: (-sums[country], first[country]))


def _reason(finds: list[_Find], *, is_about: bool, section: str) -> str:
    """A sentence for the editor: what was found where."""
    ours = [find for find in finds if find.term.strength is not Strength.FOREIGN]
    parts = [f"its source files it under {section}"] if section else []
    for where in ("title", "summary", "text"):
        words = dict.fromkeys(find.words for find in ours if find.where == where)
        if words:
            named = ", ".join(f"“{word}”" for word in list(words)[:3])
            parts.append(f"{named} in the {where}")
    if not parts:
        return "Nothing in it names the topic."
    told = "; ".join(parts)
    return f"{told[0].upper()}{told[1:]}." if is_about else f"Only {told}: a passing mention."
