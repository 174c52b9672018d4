"""The mail's own words by language, and how dates and directions go there."""

import tomllib
from datetime import date
from functools import cache
from importlib.resources import files
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # some ten megabytes that a worker which only delivers never needs
    from babel import Locale

_RIGHT_TO_LEFT = "right-to-left"
_WEEK_DAYS = 7


def words(language: str) -> Any:
    """The words of a language (BCP 47) as attributes; English where we have none."""
    tables = _tables()
    return tables.get(_base(language), tables["en"])


def direction(language: str) -> str:
    """The direction of its script: rtl or ltr."""
    return "rtl" if _locale(language).character_order == _RIGHT_TO_LEFT else "ltr"


def long_date(on: date, language: str) -> str:
    """The date with its weekday, as the language writes it."""
    from babel.dates import format_date

    return format_date(on, format="full", locale=_locale(language))


def updated_since(since: date, *, on: date, language: str) -> str:
    """That a story goes on from the edition of since, in an edition of the date on.

    "Updated since yesterday", else with the weekday, else with the date: the weekday of a week ago
    could be today's.
    """
    from babel.dates import format_date, format_skeleton

    said, spoken = words(language), _locale(language if _base(language) in _tables() else "en")
    days = (on - since).days
    if days == 1:
        return str(said.updated_yesterday)
    values = {
        "day": format_date(since, format="EEEE", locale=spoken),
        "date": format_skeleton("MMMMd", since, locale=spoken),
    }
    form = said.updated_weekday if 1 < days < _WEEK_DAYS else said.updated_date
    return str(form.format(**values))


@cache
def _tables() -> dict[str, SimpleNamespace]:
    text = files("newsletter.mail").joinpath("words.toml").read_text(encoding="utf-8")
    return {language: SimpleNamespace(**told) for language, told in tomllib.loads(text).items()}


@cache
def _locale(language: str) -> "Locale":
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale.parse(_base(language) if _base(language) in _tables() else "en")


def _base(language: str) -> str:
    return language.replace("_", "-").split("-", maxsplit=1)[0].lower()
