"""Is it about the topic: names found and settled, a score, the country, and the reason in words."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from newsletter.domain.articles.boilerplate import strip_boilerplate
from newsletter.domain.relevance.disambiguation import resolve_mentions
from newsletter.domain.relevance.name_matcher import NameMatcher
from newsletter.domain.relevance.scoring import (
    RELEVANCE_THRESHOLD,
    SECTION_OTHER,
    SECTION_OURS,
    Field,
    Mention,
    is_set_elsewhere,
    off_topic_mentions,
    score_mentions,
)
from newsletter.domain.text.fold import fold
from newsletter.domain.topic import REGION, TermKind, Topic

LEAD_CHARS = 400  # A standfirst, or a text's first two sentences.
TEXT_CHARS = 1_500

# Sections by subject. One by place says little: a war is filed where it is felt.
_OTHER_SECTION = re.compile(
    r"sports?|football|soccer|cricket|tennis|golf|basketball|nba|nfl|motorsport|formula ?1|cycling"
    r"|recipes?|food|cooking|travel|fashion|style|music|movies|film|books|games|crosswords|puzzles"
    r"|tv|tv and radio|television|entertainment|entertainment and arts|celebrity|lifestyle"
    r"|life and style|real estate|weather|horoscopes?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RelevanceVerdict:
    """The verdict on one text. country is where it mostly plays, REGION for several or none.

    is_away: its title names a place elsewhere too, and its lead none of ours: an echo.
    """

    is_on_topic: bool
    score: float
    country: str
    reason: str
    is_set_elsewhere: bool = False


class TopicClassifier:
    """Judges texts by one topic. Made once; safe to share between threads."""

    def __init__(self, topic: Topic) -> None:
        self.topic = topic
        self._matcher = NameMatcher(topic.terms)
        ambiguous = {fold(name): told for name, told in topic.ambiguous.items()}
        self._ambiguous = {
            term.text: ambiguous[name]
            for term in topic.terms
            if (name := fold(term.text)) in ambiguous
        }
        strong = (term for term in topic.terms if term.kind is TermKind.STRONG)
        self._countries = {fold(term.text): term.country for term in strong}

    def classify(
        self, title: str, summary: str = "", text: str = "", *, section: str = "", url: str = ""
    ) -> RelevanceVerdict:
        """Whether the text is about the topic.

        title, summary and text are plain text of any length; their beginnings are read. section is
        what the source declares, or ""; url may name a section of ours too.
        """
        fields = _fields(title, summary, text)
        finds = resolve_mentions(fields, self._matcher, self._ambiguous)
        filed, section_score, section_country = self._section([*_sections(section), *_path(url)])
        score = section_score + score_mentions(finds)
        strong = [find for find in finds if find.is_strong]
        is_about = score >= RELEVANCE_THRESHOLD and bool(strong or section_score > 0)
        return RelevanceVerdict(
            is_on_topic=is_about,
            score=round(score, 2),
            country=_country(strong) or section_country,
            reason=_reason(finds, is_about=is_about, filed=filed),
            is_set_elsewhere=is_set_elsewhere(finds),
        )

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


def _fields(title: str, summary: str, text: str) -> list[tuple[Field, str]]:
    """What is read, by where it stands: a summary that goes on and on is a text."""
    below = summary if text.startswith(summary[:LEAD_CHARS]) and text else f"{summary}\n{text}"
    below = (text if below is summary else below)[: 2 * (LEAD_CHARS + TEXT_CHARS)]
    below = " ".join(map(strip_boilerplate, below.strip().split("\n")))  # Names go over lines.
    return [
        (Field.TITLE, title[:LEAD_CHARS]),
        (Field.LEAD, below[:LEAD_CHARS]),
        (Field.TEXT, below[LEAD_CHARS : LEAD_CHARS + TEXT_CHARS]),
    ]


def _section_name(name: str) -> str:
    """A section as topics spell it: world-middle-east and News/Middle East are the same."""
    words = re.sub(r"[-_/\s]+", " ", fold(name)).replace("&", "and").strip()
    return words.removeprefix("world ").removeprefix("news ")


def _sections(section: str) -> list[str]:
    return [name.strip() for name in re.split(r"[;|>]", section) if name.strip()]


def _path(url: str) -> list[str]:
    return [unquote(part) for part in urlsplit(url).path.split("/")[:-1] if part]


def _country(strong: Sequence[Mention]) -> str:
    """The country that the title, then the rest, names most; REGION when there is none."""
    each = {Field.TITLE: 3.0, Field.LEAD: 1.2, Field.TEXT: 0.3}
    sums: dict[str, float] = defaultdict(float)
    first: dict[str, int] = {}
    for at, find in enumerate(strong):
        if find.term.country != REGION:
            sums[find.term.country] += each[find.where]
            first.setdefault(find.term.country, at)
    if not sums:
        return REGION
    return min(sums, key=lambda country: (-sums[country], first[country]))


def _reason(finds: Sequence[Mention], *, is_about: bool, filed: str) -> str:
    """A sentence for the editor: what was found where."""
    ours = [one for one in finds if one.term.kind in {TermKind.STRONG, TermKind.WEAK}]
    parts = [f"its source files it under {filed}"] if filed else []
    for where in Field:
        words = dict.fromkeys(find.words for find in ours if find.where is where)
        if words:
            named = ", ".join(f"“{word}”" for word in list(words)[:3])
            parts.append(f"{named} in the {where}")
    if not parts:
        return "Nothing in it names the topic."
    told = "; ".join(parts)
    if is_about:
        return f"{told[0].upper()}{told[1:]}."
    if other := off_topic_mentions(finds):
        return f"Only {told}: “{other[0].words}” makes it {other[0].term.subject}."
    return f"Only {told}: a passing mention."
