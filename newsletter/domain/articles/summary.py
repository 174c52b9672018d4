"""A story's few sentences: the source's own standfirst, else the beginning of the text."""

import re

from newsletter.domain.articles.article import Article
from newsletter.domain.articles.boilerplate import strip_boilerplate
from newsletter.domain.text.clean import clean_line, truncate

MAX_CHARS = 280  # Two sentences of a newspaper.
MIN_CHARS = 40  # Less is a label, not a standfirst.

# A full stop behind these ends no sentence, in the languages that we read most.
_ABBREVIATED = (
    r"(?<![A-ZА-ЯÇŞİ])(?<!\b(?:Mr|Ms|Dr|St|Lt|Jr|Sr|No|vs|Mt|Bn|ca|Nr))"
    r"(?<!\b(?:Mrs|Mme|Gen|Sen|Rep|Gov|Col|Sgt|Maj|Rev|Hon|Jan|Feb|Aug|Oct|Nov|Dec|etc|bzw))"
    r"(?<!\b(?:Prof|Capt|Sept))(?<!\b(?:z\.B|d\.h|p\.m|a\.m|i\.e|e\.g))"
)
_SENTENCE_END = re.compile(_ABBREVIATED + r"([.!?؟۔。][\"'”’)»]*)(?:\s+(?=\S)|(?<=。)|$)")
_ENDED = re.compile(r"[.!?؟۔。…][\"'”’)»]*$")
_CUT_OFF = re.compile(r"\s*\[?(?:…|\.\.\.)\]?$")  # The source's own cut.
# Where an agency writes from: JERUSALEM (AP) — or, at the beginning of a paragraph, no more.
_DATELINE = re.compile(
    r"^[A-Z][A-Za-z0-9 .,'’/-]{2,60}\((?:AP|Reuters|AFP|Xinhua|UPI|[A-Z]{2,6})\)\s*[—–-]+\s*"
)
# Lines that a page has for every article.
_NO_SENTENCE = re.compile(
    r"^(?:image (?:copyright|caption|source)|media (?:playback|caption)|story highlights"
    r"|advertisement|(?:file )?photo:|listen to this|share this|follow us|by [A-Z]|published"
    r"|updated|watch:?$|this (?:story|article) (?:was|has been|is)|editor['’]s note"
    r"|\d+ (?:min|hours?|days?) )",
    re.I,
)
# What else is on a live page: headlines of others, strung together.
_HEADLINES = re.compile(r"[^\W\d]\s+[*•●]\s+[^\W\d]")
_OUTLET = re.compile(r"\s+[|–—-]\s+(?P<name>(?:(?!\s[|–—-]\s).){2,40})$")


def clean_headline(article: Article) -> str:
    """The article's title without the outlet's name behind it."""
    found = _OUTLET.search(article.title)
    if found is None:
        return article.title
    name, source = (one.casefold().removeprefix("the ") for one in (found["name"], article.source))
    is_outlet = bool(source) and (source.startswith(name) or name.startswith(source))
    return article.title[: found.start()] if is_outlet else article.title


def make_summary(article: Article) -> str:
    """At most MAX_CHARS: whole sentences where they fit; "" when the source offers none.

    The source's own standfirst where it is one, else the beginning of the text. Nothing is added.
    """
    offers = [_told(text, article.title) for text in (article.summary, article.text)]
    whole = [told for told in offers if len(told) >= MIN_CHARS and not _CUT_OFF.search(told)]
    return (whole or [told for told in offers if len(told) >= MIN_CHARS] or offers)[0]


def _told(text: str, title: str) -> str:
    """The first paragraphs that fit, without boilerplate and without the title said again.

    A standfirst that ends without a full stop stands alone: what follows it begins anew.
    """
    kept = ""
    for line in text.split("\n"):
        bare = _news(line, title)
        if not bare:
            continue
        if not kept:
            kept = _cut(bare)
        elif _ENDED.search(kept) and not _CUT_OFF.search(kept):
            kept = _with_more(kept, bare)
        if len(kept) < len(bare) or (kept and not _ENDED.search(kept) and len(kept) >= MIN_CHARS):
            break
    return kept


def _news(line: str, title: str) -> str:
    """What a paragraph tells; "" for one that tells nothing, or only the title."""
    said = _DATELINE.sub("", clean_line(line, max_chars=2_000))
    bare = strip_boilerplate(said)
    if bare and not _ENDED.search(bare) and re.search(r"…|\.\.\.", said[len(bare) :]):
        bare += "…"  # It was cut off there, and must not look whole.
    if _NO_SENTENCE.search(bare) or _HEADLINES.search(bare):
        return ""
    if bare.casefold().rstrip(".") == title.casefold().rstrip("."):
        return ""
    rest = bare.removeprefix(title)
    is_said_again = rest != bare and not (rest[:1].isalnum() or rest[:1] in {"'", "’", "-"})
    return rest.lstrip(" .:|–—-").rstrip() if is_said_again and rest.strip() else bare


def _cut(text: str) -> str:
    """The text, or the whole sentences of it that fit, or its beginning cut at a word."""
    if len(text) <= MAX_CHARS:
        ends = [match.end(1) for match in _SENTENCE_END.finditer(text)]
        is_cut = _CUT_OFF.search(text) and ends and MIN_CHARS <= ends[-1] < len(text)
        return text[: ends[-1]] if is_cut else text
    ends = [match.end(1) for match in _SENTENCE_END.finditer(text[: MAX_CHARS + 1])]
    whole = [end for end in ends if MIN_CHARS <= end <= MAX_CHARS]
    return text[: whole[-1]] if whole else truncate(text, MAX_CHARS)


def _with_more(kept: str, paragraph: str) -> str:
    """The sentences that were kept, and as many more of the next paragraph as fit whole."""
    room = MAX_CHARS - len(kept) - 1
    ends = [match.end(1) for match in _SENTENCE_END.finditer(paragraph[: max(0, room + 1)])]
    fitting = [end for end in ends if end <= room]
    return f"{kept} {paragraph[: fitting[-1]]}" if fitting else kept
