"""A topic file (TOML) and the gazetteer become a Topic."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from newsletter.domain.text.fold import fold
from newsletter.domain.topic import (
    REGION,
    DisambiguationRule,
    RankingWeights,
    Term,
    TermKind,
    Topic,
)
from newsletter.errors import InputError
from newsletter.topics import gazetteer
from newsletter.topics.inflection import inflect_demonym
from newsletter.topics.validation import check, check_ambiguous

_SMALLEST = 100_000  # People of a city, unless the topic says otherwise.
# A town of fewer people is believed only beside another name: many are words, or people's names.
_CITY_BY_ITSELF = 1_000_000


@cache
def bundled_topic(name: str) -> Topic:
    """The topic of this name that travels with the program. Raises InputError for another name."""
    file = files("newsletter.topics").joinpath(f"{Path(name).name}.toml")
    if not file.is_file():
        names = sorted(
            one.name.removesuffix(".toml")
            for one in files("newsletter.topics").iterdir()
            if one.name.endswith(".toml")
        )
        raise InputError(f"There is no topic called {name!r}; there are: {', '.join(names)}.")
    return parse_topic(file.read_text(encoding="utf-8"), name=name)


def load_topic(name: str) -> Topic:
    """The shipped topic of this name, or the one in the file of this name when it ends in .toml.

    Raises InputError when there is none, or when the file cannot be used.
    """
    if not name.endswith(".toml"):
        return bundled_topic(name)
    try:
        text = Path(name).read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"The topic file {name} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"The topic file {name} is no text in UTF-8.") from error
    return parse_topic(text, name=name)


def parse_topic(text: str, *, name: str) -> Topic:
    """The topic in the text of a topic file.

    Raises InputError naming the line and what is wrong there.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"The topic file {name} cannot be read: {error}.") from error
    check(data, text, name=name)
    countries: dict[str, dict[str, list[str]]] = data["countries"]
    smallest = data.get("min_city_population", _SMALLEST)
    region = data["region"]
    terms = [
        *_named(countries),
        *_words(region["strong"], TermKind.STRONG),
        *_words(region.get("weak", ()), TermKind.WEAK),
        *_words(data.get("hard_news", ()), TermKind.HARD_NEWS),
        *_words(data.get("namesakes", ()), TermKind.NAMESAKE),
        *_words(data.get("round_ups", ()), TermKind.ROUND_UP, subject="a round-up"),
        *(
            term
            for subject, words in data.get("other_subjects", {}).items()
            for term in _words(words, TermKind.OFF_TOPIC, subject=subject)
        ),
        *(
            Term(text=city, country=code)
            for code in countries
            for city, _ in gazetteer.cities(code, smallest)
        ),
        *_foreign(set(countries)),
    ]
    told = {word: _ambiguity(told) for word, told in data.get("ambiguous", {}).items()}
    check_ambiguous(told, {fold(term.text) for term in terms}, text, name=name)
    return Topic(
        name=name,
        title=data["title"],
        terms=_unique(terms),
        sections=frozenset(fold(section) for section in data["sections"]),
        ambiguous=_towns(countries, smallest) | _doubtful(countries) | told,
        titles=data.get("languages", {}),
        country_names={code: gazetteer.country_names(code) for code in countries},
        weights=RankingWeights(**data.get("weights", {})),
    )


def _named(countries: Mapping[str, Mapping[str, list[str]]]) -> Iterator[Term]:
    """The countries' names in many languages, and what the editor knows of them."""
    for code, known in countries.items():
        for word in gazetteer.country_names(code).values():
            yield Term(text=word, country=code)
        for kind, words in known.items():
            for word in words:
                for form in inflect_demonym(word) if kind == "demonyms" else (word,):
                    yield Term(text=form, country=code)


def _words(words: Iterable[str], strength: TermKind, *, subject: str = "") -> Iterator[Term]:
    return (Term(text=word, country=REGION, kind=strength, subject=subject) for word in words)


def _towns(
    countries: Mapping[str, Mapping[str, list[str]]], smallest: int
) -> dict[str, DisambiguationRule]:
    """The towns that are believed only in company: no capitals, and none that the editor names."""
    known = {fold(term.text) for term in _named(countries)}
    known |= {fold(gazetteer.capital(code)) for code in countries}
    return {
        town: DisambiguationRule(needs_context=True)
        for code in countries
        for town, people in gazetteer.cities(code, smallest)
        if people < _CITY_BY_ITSELF and fold(town) not in known
    }


def _doubtful(countries: Mapping[str, Mapping[str, list[str]]]) -> dict[str, DisambiguationRule]:
    """The names that the editor knows to be borne by others too."""
    return {
        word: DisambiguationRule(needs_context=True)
        for known in countries.values()
        for word in known.get("doubtful", ())
    }


def _foreign(ours: set[str]) -> Iterator[Term]:
    """The other countries of the world, their peoples and chief places."""
    world = tomllib.loads(
        files("newsletter.topics").joinpath("world", "demonyms.toml").read_text("utf-8")
    )
    for code in sorted(gazetteer.country_codes() - ours):
        peoples = [form for word in world.get(code, ()) for form in inflect_demonym(word)]
        for name in (gazetteer.country_names(code)["en"], *peoples):
            yield Term(text=name, country=code, kind=TermKind.FOREIGN)


def _unique(terms: Iterable[Term]) -> tuple[Term, ...]:
    """The first term of each spelling: the editor's word stands before the gazetteer's."""
    kept: dict[str, Term] = {}
    for term in terms:
        kept.setdefault(fold(term.text), term)
    return tuple(kept.values())


def _ambiguity(told: dict[str, Any]) -> DisambiguationRule:
    return DisambiguationRule(
        supporting_words=frozenset(fold(word) for word in told.get("with", ())),
        excluding_words=frozenset(fold(word) for word in told.get("not", ())),
        is_first_name=told.get("first_name", False),
        lowercase_means_other=told.get("lower_is_not", False),
        needs_context=told.get("needs_company", False),
    )
