"""A story's few sentences: the source's own standfirst, else the beginning of the text."""

import re
from collections import defaultdict
from functools import cache

from newsletter.domain.articles.article import Article
from newsletter.domain.articles.boilerplate import strip_boilerplate
from newsletter.domain.articles.dateline import strip_agency_dateline
from newsletter.domain.text.clean import clean_line, truncate
from newsletter.lexicon import any_of, read_words

MAX_CHARS = 280  # Two sentences of a newspaper.
MIN_CHARS = 40  # Less is a label, not a standfirst.

_ENDED = re.compile(r"[.!?؟۔。…][\"'”’)»]*$")
_CUT_OFF = re.compile(r"\s*\[?(?:…|\.\.\.)\]?$")  # The source's own cut.
# What else is on a live page: headlines of others, strung together.
_HEADLINES = re.compile(r"[^\W\d]\s+[*•●]\s+[^\W\d]")
_OUTLET = re.compile(r"\s+[|–—-]\s+(?P<name>(?:(?!\s[|–—-]\s).){2,40})$")


def clean_headline(article: Article) -> str:
    """Return the article's title without the outlet's name behind it."""
    match = _OUTLET.search(article.title)
    if match is None:
        return article.title
    name, source = (
        outlet.casefold().removeprefix("the ") for outlet in (match["name"], article.source)
    )
    is_outlet = bool(source) and (source.startswith(name) or name.startswith(source))
    return article.title[: match.start()] if is_outlet else article.title


def make_summary(article: Article) -> str:
    """Return at most MAX_CHARS of the source's own words: whole sentences where they fit.

    1. Take the first sentences of the standfirst, and of the text.
    2. Prefer the first of the two that is long enough and not cut off by its source, then the first
       that is long enough, then the standfirst. "" when the source offers neither.
    """
    offers = [_first_sentences(text, article.title) for text in (article.summary, article.text)]
    long_enough = [offer for offer in offers if len(offer) >= MIN_CHARS]
    whole = [offer for offer in long_enough if not _CUT_OFF.search(offer)]
    return (whole or long_enough or offers)[0]


def _first_sentences(text: str, title: str) -> str:
    """Return the first paragraphs that fit, without boilerplate and without the title repeated.

    A standfirst that ends without a full stop stands alone: what follows it begins anew.
    """
    summary = ""
    for line in text.split("\n"):
        paragraph = _clean_paragraph(line, title)
        if not paragraph:
            continue
        if not summary:
            summary = _cut(paragraph)
        elif _ENDED.search(summary) and not _CUT_OFF.search(summary):
            summary = _with_more(summary, paragraph)
        is_unended = bool(summary) and not _ENDED.search(summary) and len(summary) >= MIN_CHARS
        if len(summary) < len(paragraph) or is_unended:
            break
    return summary


def _clean_paragraph(line: str, title: str) -> str:
    """Return what a paragraph reports; "" for one that reports nothing, or only the title."""
    written = strip_agency_dateline(clean_line(line, max_chars=2_000))
    paragraph = strip_boilerplate(written)
    is_cut = re.search(r"…|\.\.\.", written[len(paragraph) :])
    if paragraph and not _ENDED.search(paragraph) and is_cut:
        paragraph += "…"  # It was cut off there, and must not look whole.
    if _page_line().search(paragraph) or _HEADLINES.search(paragraph):
        return ""
    if paragraph.casefold().rstrip(".") == title.casefold().rstrip("."):
        return ""
    return _without_title(paragraph, title)


def _without_title(paragraph: str, title: str) -> str:
    """Return the paragraph without the title, when it begins by repeating it as a whole."""
    rest = paragraph.removeprefix(title)
    is_repeated = rest != paragraph and not (rest[:1].isalnum() or rest[:1] in {"'", "’", "-"})
    return rest.lstrip(" .:|–—-").rstrip() if is_repeated and rest.strip() else paragraph


def _cut(text: str) -> str:
    """Return the text, or the whole sentences of it that fit, or its beginning cut at a word."""
    if len(text) <= MAX_CHARS:
        ends = _sentence_ends(text)
        is_cut = _CUT_OFF.search(text) and ends and MIN_CHARS <= ends[-1] < len(text)
        return text[: ends[-1]] if is_cut else text
    ends = _sentence_ends(text[: MAX_CHARS + 1])
    whole = [end for end in ends if MIN_CHARS <= end <= MAX_CHARS]
    return text[: whole[-1]] if whole else truncate(text, MAX_CHARS)


def _with_more(summary: str, paragraph: str) -> str:
    """Return the summary with as many sentences of the next paragraph as fit whole."""
    room = MAX_CHARS - len(summary) - 1
    ends = _sentence_ends(paragraph[: max(0, room + 1)])
    fitting = [end for end in ends if end <= room]
    return f"{summary} {paragraph[: fitting[-1]]}" if fitting else summary


def _sentence_ends(text: str) -> list[int]:
    return [match.end(1) for match in _sentence_end().finditer(text)]


@cache
def _sentence_end() -> re.Pattern[str]:
    """Return a pattern of a sentence's end; a full stop behind an abbreviation or initial is none.

    A look-behind has one width, so there is one for each length of the abbreviations.
    """
    by_length: dict[int, list[str]] = defaultdict(list)
    for abbreviation in read_words("summary", "abbreviations"):
        by_length[len(abbreviation)].append(abbreviation)
    no_abbreviation = "".join(rf"(?<!\b(?:{any_of(words)}))" for words in by_length.values())
    return re.compile(
        rf"(?<![A-ZА-ЯÇŞİ]){no_abbreviation}"
        r"([.!?؟۔。][\"'”’)»]*)(?:\s+(?=\S)|(?<=。)|$)"
    )


@cache
def _page_line() -> re.Pattern[str]:
    """Return a pattern of the lines that a page has for every article."""
    begin, byline, whole, durations = (
        any_of(read_words("summary", table))
        for table in ("page_lines", "byline", "whole_page_lines", "durations")
    )
    return re.compile(rf"^(?:{begin}|(?:{byline}) [A-Z]|(?:{whole})$|\d+ (?:{durations}) )", re.I)
