"""Loads a topic: a topic file (TOML) and the gazetteer become a Topic."""

import tomllib
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path

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
from newsletter.topics.validation import (
    AmbiguityTable,
    TopicFile,
    check_ambiguous_names,
    read_topic_file,
)

# A town of fewer people counts only beside another name: many are words, or people's names.
_MIN_KNOWN_CITY_POPULATION = 1_000_000


@cache
def bundled_topic(name: str) -> Topic:
    """Return the topic of this name that comes with the program.

    Raises InputError for another name.
    """
    file = files("newsletter.topics").joinpath(f"{Path(name).name}.toml")
    if not file.is_file():
        names = sorted(
            file.name.removesuffix(".toml")
            for file in files("newsletter.topics").iterdir()
            if file.name.endswith(".toml")
        )
        raise InputError(f"There is no topic called {name!r}; there are: {', '.join(names)}.")
    return parse_topic(file.read_text(encoding="utf-8"), name=name)


def load_topic(name: str) -> Topic:
    """Return the bundled topic of this name; of a name that ends in .toml, the one in that file.

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
    """Return the topic in the text of a topic file.

    Raises InputError naming the line and what is wrong there.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"The topic file {name} cannot be read: {error}.") from error
    file = read_topic_file(data, text, name=name)
    terms = _unique(_terms(file))
    rules = {word: _rule(table) for word, table in file.ambiguous.items()}
    check_ambiguous_names(rules, {fold(term.text) for term in terms}, text, name=name)
    return Topic(
        name=name,
        title=file.title,
        terms=terms,
        sections=frozenset(fold(section) for section in file.sections),
        ambiguous=_town_rules(file) | _doubtful_rules(file) | rules,
        titles=file.languages,
        country_names={code: gazetteer.country_names(code) for code in file.countries},
        weights=RankingWeights(**file.weights.model_dump()),
    )


def _terms(file: TopicFile) -> Iterator[Term]:
    """Yield every term of the topic; of two with one spelling the first one counts."""
    yield from _country_terms(file)
    yield from _region_terms(file.region.strong, TermKind.STRONG)
    yield from _region_terms(file.region.weak, TermKind.WEAK)
    yield from _region_terms(file.hard_news, TermKind.HARD_NEWS)
    yield from _region_terms(file.namesakes, TermKind.NAMESAKE)
    yield from _region_terms(file.round_ups, TermKind.ROUND_UP, subject="a round-up")
    for subject, words in file.other_subjects.items():
        yield from _region_terms(words, TermKind.OFF_TOPIC, subject=subject)
    for code in file.countries:
        for city, _ in gazetteer.cities(code, file.min_city_population):
            yield Term(text=city, country=code)
    yield from _foreign_terms(file.countries.keys())


def _country_terms(file: TopicFile) -> Iterator[Term]:
    """Yield the countries' names in many languages, and what the editor knows of them."""
    for code, country in file.countries.items():
        for word in gazetteer.country_names(code).values():
            yield Term(text=word, country=code)
        for kind, words in country:
            for word in words:
                for form in inflect_demonym(word) if kind == "demonyms" else (word,):
                    yield Term(text=form, country=code)


def _region_terms(words: Iterable[str], kind: TermKind, *, subject: str = "") -> Iterator[Term]:
    return (Term(text=word, country=REGION, kind=kind, subject=subject) for word in words)


def _town_rules(file: TopicFile) -> dict[str, DisambiguationRule]:
    """Return the rule of each town that needs context: no capital, and none the editor names."""
    known = {fold(term.text) for term in _country_terms(file)}
    known |= {fold(gazetteer.capital(code)) for code in file.countries}
    return {
        town: DisambiguationRule(needs_context=True)
        for code in file.countries
        for town, people in gazetteer.cities(code, file.min_city_population)
        if people < _MIN_KNOWN_CITY_POPULATION and fold(town) not in known
    }


def _doubtful_rules(file: TopicFile) -> dict[str, DisambiguationRule]:
    """Return the rule of each name that the editor knows to be borne by others too."""
    return {
        word: DisambiguationRule(needs_context=True)
        for country in file.countries.values()
        for word in country.doubtful
    }


def _foreign_terms(ours: Collection[str]) -> Iterator[Term]:
    """Yield the other countries of the world, their peoples and chief places."""
    world = tomllib.loads(
        files("newsletter.topics").joinpath("world", "demonyms.toml").read_text("utf-8")
    )
    for code in sorted(gazetteer.country_codes().difference(ours)):
        peoples = [form for word in world.get(code, ()) for form in inflect_demonym(word)]
        for name in (gazetteer.country_names(code)["en"], *peoples):
            yield Term(text=name, country=code, kind=TermKind.FOREIGN)


def _unique(terms: Iterable[Term]) -> tuple[Term, ...]:
    """Return the first term of each spelling: the editor's word stands before the gazetteer's."""
    by_spelling: dict[str, Term] = {}
    for term in terms:
        by_spelling.setdefault(fold(term.text), term)
    return tuple(by_spelling.values())


def _rule(table: AmbiguityTable) -> DisambiguationRule:
    return DisambiguationRule(
        supporting_words=frozenset(map(fold, table.with_)),
        excluding_words=frozenset(map(fold, table.not_)),
        is_first_name=table.first_name,
        lowercase_means_other=table.lower_is_not,
        needs_context=table.needs_company,
    )
