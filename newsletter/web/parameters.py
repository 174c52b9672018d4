"""What pages are asked with: days, and a program's JSON."""

import json
from datetime import date
from typing import Annotated

from pydantic import BeforeValidator

from newsletter.domain.calendar_day import parse_day
from newsletter.errors import InputError


def _day(value: object) -> date:
    try:
        return parse_day(str(value))
    except InputError as error:
        raise ValueError(str(error)) from error


# A day in an address, in the one form in which we write it: others lead to no page.
Day = Annotated[date, BeforeValidator(_day)]


def read_object(body: bytes, fields: tuple[str, ...]) -> dict[str, str]:
    """Return the texts in a JSON object, "" for a field that it leaves out or that is null.

    Raises InputError when it is no JSON, no object, or has something else than a text in a field.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:  # so deep that nobody wrote it in earnest
        raise InputError("Send a JSON object.") from error
    if not isinstance(document, dict):
        raise InputError("Send a JSON object.")
    texts = {name: "" if document.get(name) is None else document[name] for name in fields}
    for name, value in texts.items():
        if not isinstance(value, str) or not _is_storable(value):
            raise InputError(f"The field {name} must be a text.")
    return texts


def _is_storable(text: str) -> bool:
    r"""Whether it is Unicode text without NUL: JSON can also write "\ud800" and "\u0000"."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text
