"""A story's few sentences: the source's own standfirst, else the beginning of the text."""

import re

from newsletter.domain.article import Article
from newsletter.domain.boilerplate import without_boilerplate
from newsletter.domain.text import one_line, shortened

MAX_CHARS = 280  # Two sentences of a newspaper.
MIN_CHARS = 40  # Less is a label, not a standfirst.

_SENTENCE_END = re.compile(r"(?<![A-Z])(?<!\b(?:Mr|Ms|Dr|St))(?<!Mrs)([.!?؟。][\"'”’)»]*)\s+(?=\S)")
_OUTLET = re.compile(r"\s+[|–—-]\s+(?P<name>(?:(?!\s[|–—-]\s).){2,40})$")


def headline(article: Article) -> str:
    """The article's title without the outlet's name behind it."""
    found = _OUTLET.search(article.title)
    if found is None:
        return article.title
    name, source = (one.casefold().removeprefix("the ") for one in (found["name"], article.source))
    is_outlet = bool(source) and (source.startswith(name) or name.startswith(source))
    return article.title[: found.start()] if is_outlet else article.title


def summary(article: Article) -> str:
    """At most MAX_CHARS: whole sentences where they fit; "" when the source offers none."""
    for text in (article.summary, article.text):
        told = _told(text, article.title)
        if len(told) >= MIN_CHARS:
            return _cut(told)
    return _cut(_told(article.summary, article.title))


def _told(text: str, title: str) -> str:
    """The first paragraphs without boilerplate, and without the title said again."""
    kept = ""
    for line in text.split("\n"):
        bare = without_boilerplate(one_line(line, max_chars=2_000))
        if bare and bare.casefold().rstrip(".") != title.casefold().rstrip("."):
            kept = f"{kept} {bare}".strip()
        if len(kept) >= MAX_CHARS:
            break
    rest = kept.removeprefix(title)
    is_said_again = rest != kept and not (rest[:1].isalnum() or rest[:1] in {"'", "’", "-"})
    return rest.lstrip(" .:|–—-").rstrip() if is_said_again and rest.strip() else kept


def _cut(text: str) -> str:
    if len(text) <= MAX_CHARS:
        return text
    ends = [match.end(1) for match in _SENTENCE_END.finditer(text[: MAX_CHARS + 1])]
    whole = [end for end in ends if MIN_CHARS <= end <= MAX_CHARS]
    return text[: whole[-1]] if whole else shortened(text, MAX_CHARS)
