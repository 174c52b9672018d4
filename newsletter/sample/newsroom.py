"""The sample newsroom's outlets and articles, dated from a moment."""

import tomllib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

PATH = "/newsroom"  # Where a server that shows a demo has the newsroom's pages and photos.
MARK = "newsroom"  # The file in a data folder whose server has them; it holds their moment.
IMAGE_PX = (1072, 600)  # Twice the width in the mail, for fine screens.


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """A made-up publisher; format (rss, atom, rdf, json, wordpress) is how it offers articles."""

    slug: str
    name: str
    site: str
    format: str
    section: str
    language: str = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleArticle:
    """A made-up article. is_page: it stands on a page of its own, and in no feed."""

    outlet: str
    path: str
    title: str
    summary: str
    hours: int
    text: str = ""
    author: str = ""
    sections: tuple[str, ...] = ()
    image: str = ""
    image_alt: str = ""
    image_credit: str = ""
    is_page: bool = False

    def published_at(self, now: datetime) -> datetime:
        """When it came out, told at now."""
        return now - timedelta(hours=self.hours)


def outlets(base: str = "") -> tuple[Outlet, ...]:
    """All outlets; with their pages below the address base, when one is given."""
    every = tuple(Outlet(**told) for told in _read_newsroom()["outlet"])
    if not base:
        return every
    return tuple(replace(one, site=f"{base}{PATH}/{one.slug}") for one in every)


def articles(outlet: Outlet) -> tuple[SampleArticle, ...]:
    """The outlet's articles, the newest first."""
    every = (SampleArticle(**_with_tuple(told)) for told in _read_newsroom()["article"])
    own = (article for article in every if article.outlet == outlet.slug)
    return tuple(sorted(own, key=lambda article: article.hours))


def images() -> dict[str, bytes]:
    """The photos by their file names."""
    folder = files("newsletter.sample").joinpath("images")
    return {one.name: one.read_bytes() for one in folder.iterdir()}


def readers() -> list[str]:
    """A hundred made-up readers in many zones, as the lines of a CSV file."""
    path = files("newsletter.sample").joinpath("readers.csv")
    return path.read_text(encoding="utf-8").splitlines()


def image_url(outlet: Outlet, article: SampleArticle) -> str:
    """Where the article's photo lies, if its outlet exists."""
    return f"{outlet.site}/photos/{article.image}"


@cache
def _read_newsroom() -> dict[str, Any]:
    path = files("newsletter.sample").joinpath("newsroom.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _with_tuple(values: dict[str, Any]) -> dict[str, Any]:
    return values | {"sections": tuple(values.get("sections", ()))}
