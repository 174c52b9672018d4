"""What the build refuses: an email that a mailbox would cut, or a reader could not use."""

import re
from urllib.parse import urlsplit

from newsletter.errors import PreflightError
from newsletter.mail.content.render import LEFT_OVER, MAX_SUBJECT_CHARS
from newsletter.mail.rendered import ANY_SLOT, RenderedEmail, Slot

MAX_HTML_BYTES = 100_000  # Gmail cuts at about 102 KB of source, and hides the footer with it.

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def check_digest(rendered: RenderedEmail) -> None:
    """Raises PreflightError, with every problem, when the edition's email may not go out."""
    problems = [*_problems(rendered)]
    for part, text in (("HTML", rendered.html), ("plain text", rendered.text)):
        if Slot.UNSUBSCRIBE not in text:
            problems.append(f"Its {part} has no unsubscribe link.")
    if problems:
        raise PreflightError(tuple(problems))


def check_email(rendered: RenderedEmail) -> None:
    """Raises PreflightError, with every problem, when this email may not go out."""
    if problems := _problems(rendered):
        raise PreflightError(tuple(problems))


def _problems(rendered: RenderedEmail) -> list[str]:
    size = len(rendered.html.encode(errors="surrogatepass"))
    said = {
        f"Its HTML is {size / 1000:.0f} KB, and Gmail cuts at 102.": size > MAX_HTML_BYTES,
        "Its subject is empty.": not rendered.subject.strip(),
        "Its subject runs over several lines.": bool(re.search(r"[\r\n]", rendered.subject)),
        "Its subject is longer than 150 characters.": len(rendered.subject) > MAX_SUBJECT_CHARS,
        "Its plain text is empty.": not rendered.text.strip(),
        "It holds control characters.": bool(_CONTROL.search(rendered.html + rendered.text)),
        LEFT_OVER: bool(ANY_SLOT.search(rendered.subject + rendered.preheader)),
    }
    return [*(text for text, is_so in said.items() if is_so), *_markup_problems(rendered.html)]


def _markup_problems(html: str) -> list[str]:
    from lxml import html as parser  # 4 MB, which a worker that only delivers never needs

    tree = parser.document_fromstring(
        html.encode(errors="replace"), parser=parser.HTMLParser(encoding="utf-8")
    )
    said = {
        "Its HTML names no language.": not tree.get("lang"),
        "Its HTML names no direction.": tree.get("dir") not in {"ltr", "rtl"},
        "An image has no alternative text.": any(
            image.get("alt") is None for image in tree.iter("img")
        ),
        "A link leads nowhere on the web.": any(
            not _leads_somewhere(link.get("href", "")) for link in tree.iter("a")
        ),
        "It has not exactly one main heading.": len(list(tree.iter("h1"))) != 1,
    }
    return [text for text, is_so in said.items() if is_so]


def _leads_somewhere(address: str) -> bool:
    try:
        return urlsplit(address).scheme in {"http", "https", "mailto"}
    except ValueError:
        return False
