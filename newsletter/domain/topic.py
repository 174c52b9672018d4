"""A topic: what it is about, by name, and what settles the names that others bear too."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from newsletter.domain.topic_weights import Weights

REGION = ""  # The country of a term that means the region as a whole.


class Strength(StrEnum):
    STRONG = "strong"  # names the topic by itself
    WEAK = "weak"  # is heard of elsewhere too; counts beside strong ones only
    NAMESAKE = "namesake"  # a longer name of somebody or something else, with one of ours in it
    FOREIGN = "foreign"  # names another part of the world
    HARD = "hard"  # hard news: a match at which it happens is told after all
    OTHER = "other"  # names a subject that is told elsewhere in the paper, wherever it plays
    ROUND_UP = "round-up"  # in a title: many things are told in short, whatever happened


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A name to find. country is an ISO 3166-1 code, or REGION; subject is an OTHER's."""

    text: str
    country: str
    strength: Strength = Strength.STRONG
    subject: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ambiguity:
    """What settles a name that others bear: words near by for it and against it."""

    with_: frozenset[str] = frozenset()
    not_: frozenset[str] = frozenset()
    is_first_name: bool = False
    is_lower_other: bool = False
    needs_company: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One topic. titles and country_names are by language; sections are lower-case."""

    name: str
    title: str
    terms: tuple[Term, ...]
    sections: frozenset[str]
    ambiguous: Mapping[str, Ambiguity]
    titles: Mapping[str, str] = field(default_factory=dict)
    country_names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    weights: Weights = field(default_factory=Weights)

    def heading(self, country: str, language: str) -> str:
        """What a section is called in a language: the country, or the region for REGION."""
        short = language.split("-", maxsplit=1)[0].lower()
        if country == REGION:
            return self.titles.get(short, self.title)
        names = self.country_names.get(country, {})
        return names.get(short) or names.get("en") or country
