"""Translations of our own sentences: one gettext catalogue for each language but English."""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import BytesIO


def get_translations(language: str) -> NullTranslations:
    """Return the translations into a language (BCP 47), which English sentences are looked up in.

    Without a catalogue for the language, sentences come back in English.
    """
    return _compile_catalogue(base_language(language))


def base_language(language: str) -> str:
    """Return the language of a tag without script, country and variants: "he" of "he-IL"."""
    return language.replace("_", "-").split("-", maxsplit=1)[0].lower()


@cache
def translated_languages() -> frozenset[str]:
    """Return the languages that sentences can be read in: English and those with a catalogue."""
    folders = files(__package__).iterdir()
    return frozenset({"en", *(each.name for each in folders if _catalogue(each.name).is_file())})


def _catalogue(language: str) -> Traversable:
    return files(__package__).joinpath(language, "LC_MESSAGES", "newsletter.po")


@cache
def _compile_catalogue(language: str) -> NullTranslations:
    """Return a language's translations, compiled in memory when they are first asked for.

    A catalogue is a text in the repository and in the wheel, so there is no compiled file that
    could be missing or older than its text. Reading one takes some milliseconds.
    """
    if language == "en" or language not in translated_languages():
        return NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(_catalogue(language).read_bytes())))
    compiled.seek(0)
    return GNUTranslations(compiled)
