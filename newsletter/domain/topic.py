"""A topic: its names, the rules for ambiguous ones, and the weights of ranking."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingWeights:
    """Points, without unit. A topic file may change any of them under [weights]."""

    source: float = 1.0  # Times a feed's own standing, which is 1.0 for most.
    reported_by: float = 1.4  # For each doubling of the sources: what many report matters.
    freshness: float = 0.8  # For a story of this minute; none for one of a day ago.
    prominence: float = 0.8  # At the top of its feed, where it was put; half of it five below.
    depth: float = 0.3  # For a long read; none for a headline.
    relevance: float = (
        0.15  # For each point of relevance, up to eight: the subject, not its fringe.
    )
    away: float = -2.0  # The headline plays elsewhere too, the lead only there: an echo.
    # What kind of text it is. An evening is led by what happened.
    analysis: float = -0.6
    feature: float = -0.6  # How people live with it.
    live: float = -0.8  # A live page is many stories, told better one by one.
    opinion: float = -1.2  # What somebody thinks of it.
    sponsored: float = -4.0
    round_up: float = -2.0  # The day's pictures, a briefing: each has its stories told by others.


REGION = ""  # The country of a term that means the region as a whole.


class TermKind(StrEnum):
    STRONG = "strong"  # names the topic by itself
    WEAK = "weak"  # is found elsewhere too; counts beside strong ones only
    NAMESAKE = "namesake"  # a longer name of somebody or something else, with one of ours in it
    FOREIGN = "foreign"  # names another part of the world
    HARD_NEWS = "hard"  # hard news: a sports match at which it happens comes in after all
    OFF_TOPIC = "other"  # names a subject of another part of the paper, wherever it plays
    ROUND_UP = "round-up"  # in a title: it tells many stories in short


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A name to find. country is an ISO 3166-1 code, or REGION; subject is an OFF_TOPIC's."""

    text: str
    country: str
    kind: TermKind = TermKind.STRONG
    subject: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisambiguationRule:
    """How an ambiguous name is decided: words near it that support or exclude our meaning.

    is_first_name: it is a person's too. lowercase_means_other: in small letters it is a word.
    needs_context: it counts only beside a supporting word, or another name of the topic.
    """

    supporting_words: frozenset[str] = frozenset()
    excluding_words: frozenset[str] = frozenset()
    is_first_name: bool = False
    lowercase_means_other: bool = False
    needs_context: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One topic. titles and country_names are by language; sections are lower-case."""

    name: str
    title: str
    terms: tuple[Term, ...]
    sections: frozenset[str]
    ambiguous: Mapping[str, DisambiguationRule]
    titles: Mapping[str, str] = field(default_factory=dict)
    country_names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    weights: RankingWeights = field(default_factory=RankingWeights)

    def heading(self, country: str, language: str) -> str:
        """Return what a section is called in a language: the country, or the region for REGION."""
        short = language.split("-", maxsplit=1)[0].lower()
        if country == REGION:
            return self.titles.get(short, self.title)
        names = self.country_names.get(country, {})
        return names.get(short) or names.get("en") or country
