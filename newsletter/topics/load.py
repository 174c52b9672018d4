"""A topic file (TOML) and the gazetteer become a Topic."""

import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from newsletter.domain.matching import folded
from newsletter.domain.topic import REGION, Ambiguity, Strength, Term, Topic
from newsletter.errors import InputError
from newsletter.topics import gazetteer

_NEEDED = {"title", "sections", "countries", "region"}
_KEYS = _NEEDED | {"min_city_population", "languages", "ambiguous"}
_AMBIGUITY = {"with", "not", "first_name", "lower_is_not", "needs_company"}


@cache
def shipped(name: str) -> Topic:
    """The topic of this name that travels with the program. Raises InputError for another name."""
    file = files("newsletter.topics").joinpath(f"{Path(name).name}.toml")
    if not file.is_file():
        names = sorted(
            one.name.removesuffix(".toml")
            for one in files("newsletter.topics").iterdir()
            if one.name.endswith(".toml")
        )
        raise InputError(f"There is no topic called {name!r}; there are: {', '.join(names)}.")
    return parse(file.read_text(encoding="utf-8"), name=name)


def parse(text: str, *, name: str) -> Topic:
    """The topic in the text of a topic file.

    Raises InputError naming the line and what is wrong there.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"The topic file {name} cannot be read: {error}.") from error
    _check(data, text, name)
    countries: dict[str, list[str]] = data["countries"]
    smallest = data.get("min_city_population", 100_000)
    terms = [
        *_terms(countries, smallest),
        *(Term(text=word, country=REGION) for word in data["region"]["strong"]),
        *(
            Term(text=word, country=REGION, strength=Strength.WEAK)
            for word in data["region"].get("weak", ())
        ),
    ]
    return Topic(
        name=name,
        title=data["title"],
        terms=_unique([*terms, *_foreign(set(countries))]),
        sections=frozenset(folded(section) for section in data["sections"]),
        ambiguous={word: _ambiguity(told) for word, told in data.get("ambiguous", {}).items()},
        titles=data.get("languages", {}),
        country_names={code: gazetteer.country_names(code) for code in countries},
    )


def _terms(countries: dict[str, list[str]], smallest: int) -> list[Term]:
    named = [
        Term(text=word, country=code)
        for code, words in countries.items()
        for word in (*gazetteer.country_names(code).values(), *words)
    ]
    cities = [
        Term(text=city, country=code)
        for code in countries
        for city in gazetteer.cities(code, smallest)
    ]
    return named + cities


def _foreign(ours: set[str]) -> list[Term]:
    return [
        Term(text=name, country=code, strength=Strength.FOREIGN)
        for code in gazetteer.country_codes() - ours
        for name in {gazetteer.country_names(code)["en"]}
    ]


def _unique(terms: list[Term]) -> tuple[Term, ...]:
    """The first term of each spelling: the editor's word stands before the gazetteer's."""
    kept: dict[str, Term] = {}
    for term in terms:
        kept.setdefault(folded(term.text), term)
    return tuple(kept.values())


def _ambiguity(told: dict[str, Any]) -> Ambiguity:
    return Ambiguity(
        with_=frozenset(folded(word) for word in told.get("with", ())),
        not_=frozenset(folded(word) for word in told.get("not", ())),
        is_first_name=told.get("first_name", False),
        is_lower_other=told.get("lower_is_not", False),
        needs_company=told.get("needs_company", False),
    )


def _check(data: dict[str, Any], text: str, name: str) -> None:
    for key in data:
        if key not in _KEYS:
            raise _wrong(text, key, name, f"{key!r} is not a key of topic files")
    for key in sorted(_NEEDED):
        if not data.get(key):
            raise InputError(f"The topic file {name} has no {key!r}, or an empty one.")
    if not data["region"].get("strong"):
        raise _wrong(text, "strong", name, "the list 'strong' under [region] is missing or empty")
    _check_countries(data, text, name)
    for word, told in data.get("ambiguous", {}).items():
        if unknown := set(told) - _AMBIGUITY:
            raise _wrong(text, word, name, f"{min(unknown)!r} does not settle an ambiguity")


def _check_countries(data: dict[str, Any], text: str, name: str) -> None:
    for code, words in data["countries"].items():
        if code not in gazetteer.country_codes():
            raise _wrong(text, code, name, f"{code!r} is not the ISO 3166-1 code of a country")
        if not isinstance(words, list) or not all(isinstance(one, str) and one for one in words):
            raise _wrong(text, code, name, f"the names for {code} are not a list of words")


def _wrong(text: str, word: str, name: str, what: str) -> InputError:
    lines = text.splitlines()
    at = next((n for n, line in enumerate(lines, 1) if word in line.split("=")[0]), 0)
    where = f"line {at} of " if at else ""
    return InputError(f"In {where}the topic file {name}: {what}.")
