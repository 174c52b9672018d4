"""Classifies texts as about the topic or not: a score, a country, and the reason in words."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
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
from newsletter.lexicon import read_words

LEAD_CHARS = 400  # A standfirst, or a text's first two sentences.
TEXT_CHARS = 1_500  # Behind the lead: some eight paragraphs; background comes below.
MAX_QUOTED = 3  # Names in a reason, of each field: more make no sentence.
# How much a mention says about where a text plays; a title weighs more than a lead with two.
_COUNTRY_POINTS = {Field.TITLE: 3.0, Field.LEAD: 1.2, Field.TEXT: 0.3}


@dataclass(frozen=True, slots=True, kw_only=True)
class RelevanceVerdict:
    """The verdict on one text. country is where it mostly plays, REGION for several or none.

    is_set_elsewhere: the headline also names a foreign place and the lead never names one of ours;
    such stories rank lower.
    """

    is_on_topic: bool
    score: float
    country: str
    reason: str
    is_set_elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class _SectionVerdict:
    """What the declared sections say: the name of one that is ours, points, and its country."""

    name: str = ""
    score: float = 0.0
    country: str = REGION


class TopicClassifier:
    """Classifies texts by one topic. Made once; safe to share between threads."""

    def __init__(self, topic: Topic) -> None:
        self.topic = topic
        self._matcher = NameMatcher(topic.terms)
        rules = {fold(name): rule for name, rule in topic.ambiguous.items()}
        self._rules = {
            term.text: rules[name] for term in topic.terms if (name := fold(term.text)) in rules
        }
        strong = (term for term in topic.terms if term.kind is TermKind.STRONG)
        self._countries = {fold(term.text): term.country for term in strong}

    def classify(
        self, title: str, summary: str = "", text: str = "", *, section: str = "", url: str = ""
    ) -> RelevanceVerdict:
        """Return whether the text is about the topic, and why.

        title, summary and text are plain text of any length; their beginnings are read. section is
        what the source declares, or ""; url may name a section of ours too.

        1. Find the topic's names in title, lead and text, and drop those that mean others.
        2. Add up their points and those of the section.
        3. It is about the topic from RELEVANCE_THRESHOLD on, if a strong name or a section says so.
        """
        fields = _fields(title, summary, text)
        mentions = resolve_mentions(fields, self._matcher, self._rules)
        section_verdict = self._classify_section([*_sections(section), *_path_sections(url)])
        score = section_verdict.score + score_mentions(mentions)
        strong = [mention for mention in mentions if mention.is_strong]
        is_on_topic = score >= RELEVANCE_THRESHOLD and bool(strong or section_verdict.score > 0)
        return RelevanceVerdict(
            is_on_topic=is_on_topic,
            score=round(score, 2),
            country=_country(strong) or section_verdict.country,
            reason=_reason(mentions, is_on_topic=is_on_topic, section=section_verdict.name),
            is_set_elsewhere=is_set_elsewhere(mentions),
        )

    def _classify_section(self, declared: Sequence[str]) -> _SectionVerdict:
        """Return the first declared section that is ours, or that one is off topic, or nothing."""
        names = [_section_name(section) for section in declared]
        for section, name in zip(declared, names, strict=True):
            if name in self.topic.sections:
                return _SectionVerdict(section, SECTION_OURS)
            if name in self._countries:
                return _SectionVerdict(section, SECTION_OURS, self._countries[name])
        is_off_topic = not _off_topic_sections().isdisjoint(names)
        return _SectionVerdict(score=SECTION_OTHER if is_off_topic else 0.0)


@cache
def _off_topic_sections() -> frozenset[str]:
    return frozenset(read_words("sections", "off_topic"))


def _fields(title: str, summary: str, text: str) -> list[tuple[Field, str]]:
    """Return title, lead and text, as far as they are read; a long summary goes on as text."""
    below = summary if text.startswith(summary[:LEAD_CHARS]) and text else f"{summary}\n{text}"
    below = (text if below is summary else below)[: 2 * (LEAD_CHARS + TEXT_CHARS)]
    below = " ".join(map(strip_boilerplate, below.strip().split("\n")))  # Names go over lines.
    return [
        (Field.TITLE, title[:LEAD_CHARS]),
        (Field.LEAD, below[:LEAD_CHARS]),
        (Field.TEXT, below[LEAD_CHARS : LEAD_CHARS + TEXT_CHARS]),
    ]


def _section_name(name: str) -> str:
    """Return a section as topics spell it: world-middle-east and News/Middle East are the same."""
    words = re.sub(r"[-_/\s]+", " ", fold(name)).replace("&", "and").strip()
    return words.removeprefix("world ").removeprefix("news ")


def _sections(section: str) -> list[str]:
    return [name.strip() for name in re.split(r"[;|>]", section) if name.strip()]


def _path_sections(url: str) -> list[str]:
    return [unquote(part) for part in urlsplit(url).path.split("/")[:-1] if part]


def _country(strong: Sequence[Mention]) -> str:
    """Return the country that the title, then the rest, names most; REGION when there is none."""
    sums: dict[str, float] = defaultdict(float)
    first: dict[str, int] = {}
    for place, mention in enumerate(strong):
        if mention.term.country != REGION:
            sums[mention.term.country] += _COUNTRY_POINTS[mention.field]
            first.setdefault(mention.term.country, place)
    if not sums:
        return REGION
    return min(sums, key=lambda country: (-sums[country], first[country]))


def _reason(mentions: Sequence[Mention], *, is_on_topic: bool, section: str) -> str:
    """Return a sentence for the editor: which names stand where."""
    ours = [
        mention for mention in mentions if mention.term.kind in {TermKind.STRONG, TermKind.WEAK}
    ]
    parts = [f"its source files it under {section}"] if section else []
    for field in Field:
        words = dict.fromkeys(mention.words for mention in ours if mention.field is field)
        if words:
            quoted = ", ".join(f"“{word}”" for word in list(words)[:MAX_QUOTED])
            parts.append(f"{quoted} in the {field}")
    if not parts:
        return "Nothing in it names the topic."
    names = "; ".join(parts)
    if is_on_topic:
        return f"{names[0].upper()}{names[1:]}."
    if off_topic := off_topic_mentions(mentions):
        return f"Only {names}: “{off_topic[0].words}” makes it {off_topic[0].term.subject}."
    return f"Only {names}: a passing mention."
