"""What code, and no template, says in a mail's language."""

from collections.abc import Sequence
from datetime import date
from functools import reduce

from newsletter.domain.articles.labels import Label
from newsletter.locales.catalogues import get_translations
from newsletter.locales.cldr import day_and_month, weekday_name

_WEEK_DAYS = 7


def label_name(label: Label, language: str) -> str:
    """Return what a label is called; "" for plain news, which bears none."""
    pgettext = get_translations(language).pgettext
    names = {
        Label.OPINION: pgettext("kind of article", "Opinion"),
        Label.ANALYSIS: pgettext("kind of article", "Analysis"),
        Label.FEATURE: pgettext("kind of article", "Feature"),
        Label.LIVE: pgettext("kind of article", "Live"),
        Label.SPONSORED: pgettext("kind of article", "Sponsored"),
    }
    return names.get(label, "")


def update_notice(since: date, *, on: date, language: str) -> str:
    """Return that a story goes on from the edition of since, in an edition of the date on.

    "Updated since yesterday", else with the weekday, else with the date: the weekday of a week ago
    could be today's.
    """
    gettext, days = get_translations(language).gettext, (on - since).days
    if days == 1:
        return gettext("Updated since yesterday")
    if 1 < days < _WEEK_DAYS:
        # A language whose weekdays change behind a preposition may say the date: both are there.
        notice = gettext("Updated since %(weekday)s")
    else:
        notice = gettext("Updated since %(date)s")
    days_of_since = {
        "weekday": weekday_name(since, language),
        "date": day_and_month(since, language),
    }
    return notice % days_of_since


def announce_headlines(headlines: Sequence[str], language: str) -> str:
    """Return "Also:" with headlines in a row, parted as the language parts them."""
    pgettext = get_translations(language).pgettext
    row = _in_a_row(headlines, pgettext("headlines in a row", "%(first)s; %(second)s"))
    return pgettext("preheader", "Also: %(headlines)s") % {"headlines": row}


def list_names(names: Sequence[str], language: str) -> str:
    """Return names in a row, parted by the language's comma."""
    pgettext = get_translations(language).pgettext
    return _in_a_row(names, pgettext("parts in a row", "%(first)s, %(second)s"))


def _in_a_row(parts: Sequence[str], pattern: str) -> str:
    """Return the parts joined by a pattern for two; "" without any."""
    return reduce(lambda first, second: pattern % {"first": first, "second": second}, parts or [""])
