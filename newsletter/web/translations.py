"""The public pages' own words by language."""

import tomllib
from functools import cache
from importlib.resources import files
from types import SimpleNamespace
from typing import Any


def page_words(language: str) -> Any:
    """The words of a language (BCP 47) as attributes; English where we have none."""
    return _tables().get(language.split("-", maxsplit=1)[0].lower(), _tables()["en"])


@cache
def _tables() -> dict[str, SimpleNamespace]:
    text = files("newsletter.web").joinpath("words.toml").read_text(encoding="utf-8")
    return {language: SimpleNamespace(**told) for language, told in tomllib.loads(text).items()}
