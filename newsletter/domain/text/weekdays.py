"""The days of the week that a text names, in the languages that topics are read in."""

import re

from newsletter.domain.text.fold import fold

# As they stand in a sentence, Monday first. Hebrew counts its days, so the word for day belongs to
# them. Turkish "pazar" is missing: it is a market more often than a Sunday.
_NAMES = """
monday | lundi | понедельник понедельника | الاثنين الإثنين | دوشنبه | יום_שני | pazartesi
tuesday | mardi | вторник вторника | الثلاثاء | سه‌شنبه سه_شنبه | יום_שלישי | salı
wednesday | mercredi | среда среду среды | الأربعاء | چهارشنبه | יום_רביעי | çarşamba
thursday | jeudi | четверг четверга | الخميس | پنجشنبه پنج‌شنبه پنج_شنبه | יום_חמישי | perşembe
friday | vendredi | пятница пятницу пятницы | الجمعة | جمعه | יום_שישי | cuma
saturday | samedi | суббота субботу субботы | السبت | شنبه | יום_שבת שבת | cumartesi
sunday | dimanche | воскресенье воскресенья | الأحد | یکشنبه یک‌شنبه | יום_ראשון |
"""
_DAY = {
    fold(name).replace("_", " "): day
    for day, line in enumerate(_NAMES.strip().splitlines(), 1)
    for name in line.replace("|", " ").split()
}
# Longest first, since the Persian Saturday ends five of the others; with Hebrew and Arabic "on",
# "and" and "of" written together with the name.
_ANY = re.compile(
    r"(?<!\w)[בוהوب]?("
    + "|".join(sorted(map(re.escape, _DAY), key=len, reverse=True))
    + r")(?:'s|’s)?(?!\w)"
)


def find_weekdays(text: str) -> frozenset[int]:
    """The weekdays named in the text, by their ISO 8601 numbers: 1 is Monday, 7 is Sunday."""
    return frozenset(_DAY[name] for name in _ANY.findall(fold(text)))
