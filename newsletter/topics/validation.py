"""What may stand in a topic file, as pydantic models; what is wrong with one, by line."""

import re
from collections.abc import Collection, Iterable
from dataclasses import fields
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    StringConstraints,
    ValidationError,
    create_model,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from newsletter.domain.text.fold import fold
from newsletter.domain.topic import RankingWeights
from newsletter.errors import InputError
from newsletter.topics import gazetteer

DEFAULT_MIN_CITY_POPULATION = 100_000  # Smaller places are too often the names of people.


def _check_country(code: str) -> str:
    if code not in gazetteer.country_codes():
        raise PydanticCustomError("country", "is not the ISO 3166-1 code of a country, such as EG")
    return code


Word = Annotated[str, StringConstraints(strip_whitespace=False, pattern=r"\S")]
Words = Annotated[list[Word], Field(min_length=1)]
CountryCode = Annotated[str, AfterValidator(_check_country)]


class _Table(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class CountryTable(_Table):
    """What only an editor knows of a country, by kind of name."""

    demonyms: Words = Field(default_factory=list)
    places: Words = Field(default_factory=list)
    people: Words = Field(default_factory=list)
    groups: Words = Field(default_factory=list)
    events: Words = Field(default_factory=list)
    doubtful: Words = Field(default_factory=list)


class RegionTable(_Table):
    """Words for the region as a whole."""

    strong: Words
    weak: Words = Field(default_factory=list)


class AmbiguityTable(_Table):
    """What decides whether a name that others bear too means ours."""

    with_: list[Word] = Field(default_factory=list, alias="with")
    not_: list[Word] = Field(default_factory=list, alias="not")
    first_name: bool = False
    lower_is_not: bool = False
    needs_company: bool = False


WeightsTable = create_model(
    "WeightsTable",
    __base__=_Table,
    **{field.name: (FiniteFloat, field.default) for field in fields(RankingWeights)},  # type: ignore[call-overload]
)


class TopicFile(_Table):
    """A topic file: the keys that it may have, and what each of them holds."""

    title: Annotated[str, Field(min_length=1)]
    sections: Words
    countries: Annotated[dict[CountryCode, CountryTable], Field(min_length=1)]
    region: RegionTable
    min_city_population: int = DEFAULT_MIN_CITY_POPULATION
    hard_news: Words = Field(default_factory=list)
    namesakes: Words = Field(default_factory=list)
    round_ups: Words = Field(default_factory=list)
    languages: dict[str, str] = Field(default_factory=dict)
    other_subjects: dict[str, Words] = Field(default_factory=dict)
    ambiguous: dict[str, AmbiguityTable] = Field(default_factory=dict)
    weights: WeightsTable = Field(default_factory=WeightsTable)


def read_topic_file(data: dict[str, Any], text: str, *, name: str) -> TopicFile:
    """Return the file's data, checked; text is the file as it is written.

    Raises InputError naming the line, what is wrong there, and what may stand there instead.
    """
    try:
        return TopicFile.model_validate(data)
    except ValidationError as error:
        path, fault = _in_words(_first_cause(error))
        raise InputError(f"In {_where(text, path)}the topic file {name}: {fault}.") from error


def check_ambiguous_names(
    names: Iterable[str], topic: Collection[str], text: str, *, name: str
) -> None:
    """Check that each of the ambiguous names is one of the topic's; topic has those folded.

    Raises InputError naming the line of one that is not: it is misspelt, and would decide nothing.
    """
    for ambiguous in names:
        if fold(ambiguous) not in topic:
            where = _where(text, ("ambiguous", ambiguous))
            fault = f"nothing in this topic is called {ambiguous!r}, so there is nothing to settle"
            raise InputError(f"In {where}the topic file {name}: {fault}.")


_EXPECTED = {  # by pydantic's type of error
    "missing": "is missing",
    "too_short": "is empty",
    "string_too_short": "is empty",
    "string_pattern_mismatch": "has an empty word in it",
    "list_type": "is not a list of words",
    "string_type": "is not a text",
    "int_type": "is not a whole number",
    "float_type": "is not a number",
    "finite_number": "is not a number",
    "bool_type": "is neither true nor false",
    "model_type": "is not a table",
    "dict_type": "is not a table",
}


def _first_cause(error: ValidationError) -> ErrorDetails:
    """Return the fault to tell: an unknown key first, since what is missing may be misspelt."""
    faults = error.errors()
    return next((fault for fault in faults if fault["type"] == "extra_forbidden"), faults[0])


def _in_words(error: ErrorDetails) -> tuple[tuple[str, ...], str]:
    """Return the keys that lead to the fault, and a sentence about it."""
    loc = error["loc"]
    path = tuple(str(part) for part in loc if not isinstance(part, int) and part != "[key]")
    if error["type"] == "extra_forbidden":
        return path, _unknown_key(path)
    is_in_list = isinstance(loc[-1], int)
    kind = "list_type" if is_in_list and error["type"] == "string_type" else error["type"]
    return path, f"{path[-1]!r} {_EXPECTED.get(kind, error['msg'])}"


def _unknown_key(path: tuple[str, ...]) -> str:
    """Return a sentence about a key that is not known there, with what may have been meant."""
    table, key = path[:-1], path[-1]
    known = _keys_of(table)
    close = get_close_matches(key, known, n=1)
    hint = f"perhaps {close[0]!r} is meant" if close else f"it is one of {', '.join(sorted(known))}"
    place = f"[{'.'.join(table)}]" if table else "topic files"
    return f"{key!r} is not a key of {place}; {hint}"


def _keys_of(table: tuple[str, ...]) -> list[str]:
    """Return the keys that may stand in the table which this path leads to."""
    models: dict[str, type[BaseModel]] = {
        "countries": CountryTable,
        "region": RegionTable,
        "ambiguous": AmbiguityTable,
        "weights": WeightsTable,
    }
    model = models[table[0]] if table else TopicFile
    return [field.alias or key for key, field in model.model_fields.items()]


def _where(text: str, path: tuple[str, ...]) -> str:
    """Return the line that the keys lead to, or the nearest one in the file; "" for none."""
    lines = text.splitlines()
    for depth in range(len(path), 0, -1):
        if number := _line(lines, path[:depth]):
            return f"line {number} of "
    return ""


def _line(lines: list[str], path: tuple[str, ...]) -> int:
    """Return the number of the line that writes this key, from 1; 0 when none does."""
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
    """Return the keys of a dotted TOML key, quoted ones without their quotes."""
    return tuple(
        key.strip().strip("\"'") for key in re.findall(r"\"[^\"]*\"|'[^']*'|[^.]+", written.strip())
    )
