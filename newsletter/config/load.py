"""All settings read and checked at once; what is wrong with any of them is told in one message."""

import difflib
import os
import re

from pydantic import SecretStr, ValidationError
from pydantic_core import ErrorDetails

from newsletter.config.build import clock
from newsletter.config.settings import PREFIX, Settings
from newsletter.errors import SettingsError

# What pydantic says of its own types, in words that say what to write.
_SENTENCES = {
    "bool_parsing": "must be true or false",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "greater_than_equal": "must be a whole number, 0 or more",
    "datetime_parsing": "must be a time with its zone, such as 2026-01-02T17:00:00Z",
    "datetime_from_date_parsing": "must be a time with its zone, such as 2026-01-02T17:00:00Z",
}
_MOST_SHOWN = 120  # Of a value that is wrong: enough to see the slip in an address.
# A password is whatever stands before the last @ of an address. It is masked also where the
# address cannot be read, since a password that was not escaped is often why.
_BEFORE_AT = re.compile(r"(?P<scheme>(?:^|(?<=[\s,]))[a-z][a-z0-9+.-]*://)?[^\s,]+@")
_SECRET_OPTION = re.compile(r"(?i)(?<=[?&])([^=&\s]*(?:pass|secret|token|key)[^=&\s]*)=[^&\s]*")


def load() -> Settings:
    """Return the settings of this process.

    Raises SettingsError with a sentence for each that is unknown or wrong, each on a line.
    """
    problems = _unknown()
    try:
        settings = Settings()
    except ValidationError as error:
        problems += [_in_words(problem) for problem in error.errors(include_url=False)]
    if problems:
        raise SettingsError("\n".join(problems))
    clock(settings)()  # a replayed clock starts now, not at the first task an hour later
    return settings


def _unknown() -> list[str]:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    names = [name for name in sorted(os.environ) if name.startswith(PREFIX) and name not in known]
    return [f"{name} is not a setting of this program{_advice(name, known)}." for name in names]


def _advice(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.85)
    if near:
        return f" (do you mean {near[0]}?)"
    return f"; the settings are {', '.join(sorted(known))}"


def _in_words(problem: ErrorDetails) -> str:
    field = str(problem["loc"][0])
    name = PREFIX + field.upper()
    sentence = _SENTENCES.get(problem["type"], problem["msg"].removeprefix("Value error, "))
    sentence = sentence.replace("Input should be", "must be")
    if not sentence.startswith(name):
        sentence = f"{name} is wrong: {sentence[0].lower()}{sentence[1:]}"
    return f"{sentence.rstrip('.')}{_show_value(field, str(problem['input']))}."


def _show_value(field: str, value: str) -> str:
    """The value as it is now, without what nobody but its owner may read."""
    if Settings.model_fields[field].annotation is SecretStr:
        return ""
    if field.endswith("_url"):
        value = _BEFORE_AT.sub(lambda found: f"{found['scheme'] or ''}***@", value)
        value = _SECRET_OPTION.sub(r"\1=***", value)
    value = value if len(value) <= _MOST_SHOWN else f"{value[:_MOST_SHOWN]}…"
    return f" (it is {value!r})"
