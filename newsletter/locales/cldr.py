"""What CLDR says of a language: which way it is written, and how it writes dates."""

from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from newsletter.locales.catalogues import base_language, translated_languages

if TYPE_CHECKING:  # some ten megabytes that a worker which only delivers never needs
    from babel import Locale

_RIGHT_TO_LEFT = "right-to-left"


def text_direction(language: str) -> str:
    """Return the direction in which a language (BCP 47) is written: rtl or ltr."""
    return "rtl" if _locale(language).character_order == _RIGHT_TO_LEFT else "ltr"


def long_date(on: date, language: str) -> str:
    """Return the date with its weekday, as the language (BCP 47) writes it."""
    from babel.dates import format_date

    return format_date(on, format="full", locale=_locale(language))


def weekday_name(on: date, language: str) -> str:
    """Return the name of the date's weekday, as a part of a translated sentence."""
    from babel.dates import format_date

    return format_date(on, format="EEEE", locale=_sentence_locale(language))


def day_and_month(on: date, language: str) -> str:
    """Return the date without its year, as a part of a translated sentence."""
    from babel.dates import format_skeleton

    return format_skeleton("MMMMd", on, locale=_sentence_locale(language))


def _sentence_locale(language: str) -> "Locale":
    """Return the locale in which our own sentences are read: English without a catalogue."""
    return _locale(language if base_language(language) in translated_languages() else "en")


@cache
def _locale(language: str) -> "Locale":
    """Return the locale of a tag, else that of its language where we translate it, else English."""
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        base = base_language(language)
        return Locale.parse(base if base in translated_languages() else "en")
