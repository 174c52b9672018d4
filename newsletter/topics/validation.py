"""What is wrong with a topic file, by line."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import fields
from math import isfinite
from typing import Any

from newsletter.domain.text.fold import fold
from newsletter.domain.topic import RankingWeights
from newsletter.errors import InputError
from newsletter.topics import gazetteer

_NEEDED = ("title", "sections", "countries", "region")
_KEYS = {
    "title": str,
    "sections": list,
    "min_city_population": int,
    "hard_news": list,
    "namesakes": list,
    "round_ups": list,
    "languages": dict,
    "countries": dict,
    "region": dict,
    "other_subjects": dict,
    "ambiguous": dict,
    "weights": dict,
}
_CALLED = {str: "text", list: "list of words", int: "whole number", dict: "table"}
_COUNTRY = {"demonyms", "places", "people", "groups", "events", "doubtful"}
_WEIGHTS = {field.name for field in fields(RankingWeights)}
_AMBIGUITY_LISTS = {"with", "not"}
_AMBIGUITY_SIGNS = {"first_name", "lower_is_not", "needs_company"}

Wrongs = Iterator[tuple[tuple[str, ...], str]]


def check(data: dict[str, Any], text: str, *, name: str) -> None:
    """Nothing, when the file's data can be made a topic; text is the file as it is written.

    Raises InputError naming the line and what is wrong there.
    """
    for path, wrong in _wrongs(data):
        raise InputError(f"In {_where(text, path)}the topic file {name}: {wrong}.")


def check_ambiguous(words: Iterable[str], topic: Collection[str], text: str, *, name: str) -> None:
    """Nothing, when each of the ambiguous words is a name of the topic; topic has them folded.

    Raises InputError naming the line of one that is not: it would settle nothing, being misspelt.
    """
    for word in words:
        if fold(word) not in topic:
            where = _where(text, ("ambiguous", word))
            wrong = f"nothing in this topic is called {word!r}, so there is nothing to settle"
            raise InputError(f"In {where}the topic file {name}: {wrong}.")


def _wrongs(data: dict[str, Any]) -> Wrongs:
    """Each fault with the keys that lead to it; the first one is told."""
    yield from _keys_of_the_file(data)
    yield from _list(("sections",), data["sections"])
    for key in ("hard_news", "namesakes", "round_ups"):
        yield from _list((key,), data.get(key, ["none"]))
    for code, known in data["countries"].items():
        yield from _country(code, known)
    yield from _region(data["region"])
    for subject, words in data.get("other_subjects", {}).items():
        yield from _list(("other_subjects", subject), words)
    for word, told in data.get("ambiguous", {}).items():
        yield from _ambiguity(word, told)
    for weight, points in data.get("weights", {}).items():
        yield from _weight(weight, points)


def _keys_of_the_file(data: dict[str, Any]) -> Wrongs:
    for key, value in data.items():
        if key not in _KEYS:
            yield (key,), f"{key!r} is not a key of topic files"
        elif not isinstance(value, _KEYS[key]) or isinstance(value, bool):
            yield (key,), f"{key!r} is not a {_CALLED[_KEYS[key]]}"
    for key in _NEEDED:
        if not data.get(key):
            yield (key,), f"{key!r} is missing or empty"


def _country(code: str, known: Any) -> Wrongs:
    path = ("countries", code)
    if code not in gazetteer.country_codes():
        yield path, f"{code!r} is not the ISO 3166-1 code of a country"
    if not isinstance(known, dict):
        yield path, f"what is known of {code} is not a table of lists"
        return
    for kind, words in known.items():
        if kind not in _COUNTRY:
            yield (*path, kind), f"{kind!r} is not a kind of name; {_one_of(_COUNTRY)}"
        yield from _list((*path, kind), words)


def _region(region: dict[str, Any]) -> Wrongs:
    for key, words in region.items():
        if key not in {"strong", "weak"}:
            yield ("region", key), f"{key!r} is not a kind of word; write 'strong' or 'weak'"
        yield from _list(("region", key), words)
    if "strong" not in region:
        yield ("region",), "the list 'strong' is missing"


def _ambiguity(word: str, told: Any) -> Wrongs:
    path = ("ambiguous", word)
    if not isinstance(told, dict):
        yield path, f"what settles {word!r} is not a table"
        return
    for key, value in told.items():
        if key in _AMBIGUITY_LISTS:
            yield from _list(path, value, may_be_empty=True)
        elif key not in _AMBIGUITY_SIGNS:
            yield path, f"{key!r} does not settle {word!r}"
        elif not isinstance(value, bool):
            yield path, f"{key!r} of {word!r} is neither true nor false"


def _weight(name: str, points: Any) -> Wrongs:
    path = ("weights", name)
    if name not in _WEIGHTS:
        yield path, f"{name!r} is not a weight; {_one_of(_WEIGHTS)}"
    elif isinstance(points, bool) or not isinstance(points, int | float) or not isfinite(points):
        yield path, f"the weight {name!r} is not a number"


def _list(path: tuple[str, ...], words: Any, *, may_be_empty: bool = False) -> Wrongs:
    if not isinstance(words, list) or not all(isinstance(one, str) for one in words):
        yield path, f"{path[-1]!r} is not a list of words"
    elif not words and not may_be_empty:
        yield path, f"the list {path[-1]!r} is empty"
    elif not all(one.strip() for one in words):
        yield path, f"the list {path[-1]!r} has an empty word in it"


def _one_of(words: set[str]) -> str:
    return f"it is one of {', '.join(sorted(words))}"


def _where(text: str, path: tuple[str, ...]) -> str:
    """The line that the keys lead to, or the nearest that stands in the file; "" for none."""
    lines = text.splitlines()
    for depth in range(len(path), 0, -1):
        if number := _line(lines, path[:depth]):
            return f"line {number} of "
    return ""


def _line(lines: list[str], path: tuple[str, ...]) -> int:
    """The number of the line that writes this key, from 1; 0 when none does."""
    table: tuple[str, ...] = ()
    for number, line in enumerate(lines, 1):
        if header := re.fullmatch(r"\s*\[([^\[\]]+)\]\s*(?:#.*)?", line):
            table = _keys(header[1])
            if table == path:
                return number
        elif "=" in line and (*table, *_keys(line.split("=", 1)[0])) == path:
            return number
    return 0


def _keys(written: str) -> tuple[str, ...]:
    """The keys of a dotted TOML key, quoted ones without their quotes."""
    return tuple(
        key.strip().strip("\"'") for key in re.findall(r"\"[^\"]*\"|'[^']*'|[^.]+", written.strip())
    )
