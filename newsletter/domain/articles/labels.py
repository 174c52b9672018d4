"""What kind of text an article is, by what its source says of it."""

import re
from enum import StrEnum
from urllib.parse import unquote, urlsplit

from newsletter.domain.articles.article import Article


class Label(StrEnum):
    """What a reader must know about the kind of text before opening it."""

    NEWS = ""
    OPINION = "opinion"
    ANALYSIS = "analysis"
    FEATURE = "feature"
    LIVE = "live"
    SPONSORED = "sponsored"


# In this order: an advertisement that calls itself analysis is an advertisement.
_SIGNS = (
    (Label.SPONSORED, r"sponsored|advertorial|paid (?:post|content)|partner content|advertisement"),
    (Label.LIVE, r"live(?:[ -]?blog| updates?)?|as it happened|en direct|liveticker"),
    (
        Label.OPINION,
        (
            r"opinions?|comment(?:ary|isfree)?|editorials?|op-?ed|columns?|columnists?|letters?"
            r"|voices|perspective|debate|quotable|cartoons?|مقالات|رأي|דעות|görüş|мнение|tribune"
        ),
    ),
    (
        Label.ANALYSIS,
        (
            r"analys[ei]s|explainers?|explained|in depth"
            r"|تحليل|ניתוח|analiz|décryptage|разбор"
        ),
    ),
    (Label.FEATURE, r"features?|the long read|long-?reads?|reportages?|تحقيقات|מגזין|репортаж"),
)
_PATTERNS = tuple((label, re.compile(rf"(?:{words})", re.I)) for label, words in _SIGNS)
_BREAK = r"\s*[:|–—]\s*|\s+-\s+"  # A hyphen within a word is none: a live-fire drill is news.
_IN_TITLE = tuple(
    (label, re.compile(rf"^(?:{words})(?:{_BREAK})|(?:{_BREAK})(?:{words})$", re.I))
    for label, words in _SIGNS
)


def content_label(article: Article) -> Label:
    """The label a reader is owed, from the article's sections, address, title and standfirst."""
    sections = [name.strip() for name in article.section.split(";")]
    path = unquote(urlsplit(article.url).path).split("/")
    for kind, pattern in _PATTERNS:
        if any(pattern.fullmatch(one) for one in (*sections, *path)):
            return kind
    if any(_LIVE_PAGE.fullmatch(one) for one in path):
        return Label.LIVE
    for kind, sign in _IN_TITLE:
        if sign.search(article.title):
            return kind
    if _CARTOON.search(article.summary):
        return Label.OPINION
    return Label.ANALYSIS if _EXPLAINS.search(article.title) else Label.NEWS


# A day's live page, whose headline is that of its last entry: /liveblog-march-3-2026.
_LIVE_PAGE = re.compile(r"live-?blog[-_].+|live-(?:news|coverage)(?:[-_].+)?", re.I)
_CARTOON = re.compile(r"\bcartoon of the (?:day|week)\b", re.I)
# What a headline says of a text that explains rather than reports: that it answers a question, its
# own, not one that somebody is quoted with.
_EXPLAINS = re.compile(
    r"^[^:“‘\"«]+[?؟]$|(?:^|[:—–] )(?:why|how|what|who) \b.*\?$"
    r"|\b(?:what (?:to|we|you need to) know|things (?:you need )?to know)\b"
    r"|: a timeline$|explained$",
    re.I,
)
# Many stories in one: the day's pictures, a briefing, what the papers say.
_ROUND_UP = re.compile(
    r"\b(?:photos|pictures|images|cartoon|quote) of the (?:day|week)\b|^your \w+ briefing\b"
    r"|\b(?:morning|evening|daily|weekly) (?:briefing|digest|round-?up|wrap)\b|^the papers\b"
    r"|^(?:news|week|day) in (?:brief|pictures|review)\b|\bnews (?:quiz|bulletin)\b"
    r"|^revue de presse\b",
    re.I,
)


def is_round_up(article: Article) -> bool:
    """Whether it tells many stories at once, each better told by itself."""
    return bool(_ROUND_UP.search(article.title))


def strip_label(title: str) -> str:
    """The title without a label in it, which the reader is shown beside it."""
    bare = title
    for _, sign in _IN_TITLE:
        bare = sign.sub("", bare) or bare
    return title if bare == title else bare[0].upper() + bare[1:]
