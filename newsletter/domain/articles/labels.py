"""What kind of text an article is, by what its source says of it."""

import re
from enum import StrEnum
from functools import cache
from urllib.parse import unquote, urlsplit

from newsletter.domain.articles.article import Article
from newsletter.lexicon import any_of, read_words


class Label(StrEnum):
    """What a reader must know about the kind of text before opening it."""

    NEWS = ""
    OPINION = "opinion"
    ANALYSIS = "analysis"
    FEATURE = "feature"
    LIVE = "live"
    SPONSORED = "sponsored"


# In this order: an advertisement that calls itself analysis is an advertisement.
_ORDER = (Label.SPONSORED, Label.LIVE, Label.OPINION, Label.ANALYSIS, Label.FEATURE)
_BREAK = r"\s*[:|–—]\s*|\s+-\s+"  # A hyphen within a word is none: a live-fire drill is news.
# A day's live page, whose headline is that of its last entry: /liveblog-march-3-2026.
_LIVE_PAGE = re.compile(r"live-?blog[-_].+|live-(?:news|coverage)(?:[-_].+)?", re.I)


def content_label(article: Article) -> Label:
    """Return the label that a reader should see.

    The first of these that says so decides: its sections and its address, its address as a live
    page, words before or behind its title, its standfirst, a headline that explains.
    """
    sections = [name.strip() for name in article.section.split(";")]
    path = unquote(urlsplit(article.url).path).split("/")
    for label, pattern in _names():
        if any(pattern.fullmatch(name) for name in (*sections, *path)):
            return label
    if any(_LIVE_PAGE.fullmatch(part) for part in path):
        return Label.LIVE
    for label, pattern in _title_marks():
        if pattern.search(article.title):
            return label
    if _opinion_in_summary().search(article.summary):
        return Label.OPINION
    return Label.ANALYSIS if _explaining_title().search(article.title) else Label.NEWS


def is_round_up(article: Article) -> bool:
    """Return whether it tells many stories at once, each better told by itself."""
    return bool(_round_up_title().search(article.title))


def strip_label(title: str) -> str:
    """Return the title without a label in it, since the label is shown beside it."""
    bare = title
    for _, mark in _title_marks():
        bare = mark.sub("", bare) or bare
    return title if bare == title else bare[0].upper() + bare[1:]


@cache
def _names() -> tuple[tuple[Label, re.Pattern[str]], ...]:
    """Return for each label what a section of that kind is called."""
    return tuple((label, re.compile(rf"(?:{_words(label)})", re.I)) for label in _ORDER)


@cache
def _title_marks() -> tuple[tuple[Label, re.Pattern[str]], ...]:
    """Return for each label how it stands in a title: before a break, or behind the last one."""
    return tuple(
        (
            label,
            re.compile(rf"^(?:{_words(label)})(?:{_BREAK})|(?:{_BREAK})(?:{_words(label)})$", re.I),
        )
        for label in _ORDER
    )


@cache
def _opinion_in_summary() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_words('opinion_in_summary')})\b", re.I)


@cache
def _explaining_title() -> re.Pattern[str]:
    """Return what a headline looks like that explains rather than reports.

    It is a question of its own, not one that somebody is quoted with; or it says that it explains.
    """
    return re.compile(
        r"^[^:“‘\"«]+[?؟]$"
        rf"|(?:^|[:—–] )(?:{_words('question_words')}) \b.*\?$"
        rf"|\b(?:{_words('explains_in_title')})\b|(?:{_words('explains_at_end')})$",
        re.I,
    )


@cache
def _round_up_title() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_words('round_up')})\b|^(?:{_words('round_up_at_start')})\b", re.I)


def _words(table: str) -> str:
    return any_of(read_words("labels", table))
