"""Every catalogue says all that code and templates say, in every form its language has."""

import contextlib
import re
from collections import defaultdict
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po

from newsletter.locales.catalogues import get_translations

ROOT = Path(__file__).parents[2]
FILES = {path.parents[1].name: path for path in ROOT.glob("newsletter/locales/*/*/newsletter.po")}
CATEGORIES = ("zero", "one", "two", "few", "many", "other")  # CLDR's, in its order
# Enough to meet every rule of CLDR for whole numbers: the largest looks at millions.
NUMBERS = (*range(1000), 1_000_000, 1_000_001, 2_000_000)
# Values that the code hands over beside those in the English sentence: Russian has to bend a
# weekday behind a preposition, which CLDR does not, and says the date.
ALSO_GIVEN = {"Updated since %(weekday)s": {"date"}}


def _catalogues() -> dict[str, Catalog]:
    return {
        language: read_po(BytesIO(path.read_bytes()), locale=language)
        for language, path in sorted(FILES.items())
    }


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """What `make translations` finds in code and templates."""
    template = tmp_path_factory.mktemp("extracted") / "newsletter.pot"
    options = ["-F", "pyproject.toml", "--ignore-dirs", ".*", "--add-location", "file"]
    command_line: Any = CommandLineInterface()  # Babel types none of its commands.
    with contextlib.chdir(ROOT):
        command_line.run(["pybabel", "-q", "extract", *options, "-o", str(template), "."])
    return read_po(BytesIO(template.read_bytes()))


def _keys(catalogue: Catalog) -> set[tuple[str, str]]:
    return {(each.context or "", _english(each)[0]) for each in catalogue if each.id}


def _english(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def _translations(message: Message) -> tuple[str, ...]:
    text = message.string or ""
    return (text,) if isinstance(text, str) else tuple(text)


def _messages() -> Iterator[tuple[str, Message]]:
    """Yield every message of every catalogue with its language."""
    for language, catalogue in _catalogues().items():
        yield from ((language, message) for message in catalogue if message.id)


def test_every_sentence_is_in_every_catalogue_and_nothing_else(extracted: Catalog) -> None:
    """`make translations` adds what is missing and takes out what nobody says any more."""
    wanted, present = _keys(extracted), {name: _keys(each) for name, each in _catalogues().items()}

    assert len(present) >= 8
    assert len(wanted) > 50
    assert [(name, keys - wanted) for name, keys in present.items() if keys - wanted] == []
    assert [(name, wanted - keys) for name, keys in present.items() if wanted - keys] == []


def test_every_place_that_translates_is_looked_through(extracted: Catalog) -> None:
    """A folder that is left out of the search would read English for ever."""
    places = [*ROOT.glob("newsletter/**/*.py"), *ROOT.glob("templates/**/*.*")]
    call = re.compile(r"""(?<![.\w])(?:_|n?p?gettext)\(\s*["']|\.n?p?gettext\(\s*["']|\{% trans""")
    translating = {
        str(path.relative_to(ROOT)) for path in places if call.search(path.read_text("utf-8"))
    }

    assert translating == {file for each in extracted for file, _ in each.locations}


def test_every_sentence_is_translated_in_every_form() -> None:
    """A fuzzy translation is a guess, and an empty one reads English."""
    bad = [
        f"{language}: {message.id!r}"
        for language, message in _messages()
        if message.fuzzy or not all(_translations(message))
    ]

    assert bad == []


@pytest.mark.parametrize("language", sorted(FILES))
def test_a_catalogue_has_the_plural_forms_of_cldr(language: str) -> None:
    """In CLDR's order; a category that only fractions have needs no form.

    A new catalogue's Plural-Forms line comes from a table of gettext's, which knows fewer forms for
    some languages: write the one that gives these.
    """
    category = {number: Locale.parse(language).plural_form(number) for number in NUMBERS}
    forms = [each for each in CATEGORIES if each in category.values()]
    translations, examples = get_translations(language), defaultdict(list)
    for number, name in category.items():
        examples[name].append(number)

    wanted = {name: forms.index(name) for name in forms}
    assert _catalogues()[language].num_plurals == len(forms), wanted
    for name, numbers in examples.items():
        got = {translations.plural(number) for number in numbers}  # type: ignore[attr-defined]
        assert got == {wanted[name]}, f"{name}, such as {numbers[:5]}: form {wanted[name]}"


def test_every_translation_has_the_values_of_its_sentence() -> None:
    """A value that is left out is lost, and one that nobody hands over breaks the mail.

    A form that is for one number alone may say it in a word, without the digit.
    """
    bad = []
    for language, message in _messages():
        needed = _placeholders(_english(message)[-1])
        allowed = needed | ALSO_GIVEN.get(_english(message)[0], set())
        for form, translation in enumerate(_translations(message)):
            got = _placeholders(translation)
            if message.pluralizable and _is_for_one_number(language, form):
                got |= {"num"} & needed
            if translation and (not got <= allowed or len(got) != len(needed)):
                bad.append(f"{language}: {translation!r} has {got}, not {needed}")

    assert bad == []


def _placeholders(text: str) -> set[str]:
    """Return the names of the values in a text, with "%" for a sign that begins none."""
    rest = re.sub(r"%\(\w+\)s|%%", "", text)
    return set(re.findall(r"%\((\w+)\)s", text)) | ({"%"} if "%" in rest else set())


def _is_for_one_number(language: str, form: int) -> bool:
    translations = get_translations(language)
    return sum(translations.plural(each) == form for each in NUMBERS) == 1  # type: ignore[attr-defined]


def test_a_translation_is_text_without_markup() -> None:
    """Templates hand sentences on unescaped, so that a mark in one would be markup."""
    bad = [
        f"{language}: {translation!r}"
        for language, message in _messages()
        for translation in _translations(message)
        if set(translation) & set("<>&\"'") or translation != translation.strip()
    ]

    assert bad == []
