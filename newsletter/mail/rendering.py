"""Emails out of their templates: subject, preheader, inlined HTML, written plain text."""

import re
import textwrap
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

from newsletter.domain.edition import Edition
from newsletter.domain.newsletter import Newsletter
from newsletter.mail.inlining import inline
from newsletter.mail.layout import layout
from newsletter.mail.words import direction, long_date, words
from newsletter.resources import templates

if TYPE_CHECKING:  # a worker that only delivers renders nothing
    from jinja2.sandbox import SandboxedEnvironment

TEXT_COLUMNS = 78  # RFC 5322, 2.1.1: lines of a mail should be no longer.


class Slot(StrEnum):
    """Stands for a recipient's own value in a master copy. Letters only: no encoder touches it."""

    ADDRESS = "xSLOTxADDRESSx"
    UNSUBSCRIBE = "xSLOTxUNSUBSCRIBEx"


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """The addresses in an email's frame; unsubscribe may hold a slot."""

    site: str
    web_version: str
    archive: str
    unsubscribe: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """One email before MIME: html is inlined, text is written for its own sake."""

    subject: str
    preheader: str
    html: str
    text: str


def render_digest(
    edition: Edition, newsletter: Newsletter, links: Links, *, banner: str = ""
) -> Rendered:
    """The edition as an email. The recipient's address and unsubscribe token are slots.

    banner is shown above everything, for a test message.
    """
    values = {
        "edition": edition,
        "links": links,
        "banner": banner,
        "address": Slot.ADDRESS.value,
        "page": layout(edition, newsletter.language),
        "date": long_date(edition.on, newsletter.language),
    }
    return _render("digest", newsletter, values)


def render_confirm(
    newsletter: Newsletter, *, address: str, confirm_url: str, site_url: str
) -> Rendered:
    """The mail that asks an address whether it wants the newsletter."""
    values = {"address": address, "confirm_url": confirm_url, "site_url": site_url, "banner": ""}
    return _render("confirm", newsletter, values)


def filled(rendered: Rendered, *, address: str, unsubscribe: str) -> Rendered:
    """The email with its slots filled, to be looked at. Both values are plain text."""
    from markupsafe import escape

    html, text = rendered.html, rendered.text
    for slot, value in ((Slot.ADDRESS, address), (Slot.UNSUBSCRIBE, unsubscribe)):
        html, text = html.replace(slot, str(escape(value))), text.replace(slot, value)
    return replace(rendered, html=html, text=text)


def _render(folder: str, newsletter: Newsletter, values: dict[str, Any]) -> Rendered:
    is_rtl = direction(newsletter.language) == "rtl"
    common = values | {
        "newsletter": newsletter,
        "said": words(newsletter.language),
        "language": newsletter.language,
        "dir": "rtl" if is_rtl else "ltr",
        "start": "right" if is_rtl else "left",
    }
    subject = _line(_environment("txt").get_template(f"{folder}/subject.txt").render(common))
    preheader = _line(_environment("txt").get_template(f"{folder}/preheader.txt").render(common))
    framed = common | {"subject": subject, "preheader": preheader}
    html = _environment("html").get_template(f"{folder}/body.html").render(framed)
    text = _environment("txt").get_template(f"{folder}/body.txt").render(framed)
    return Rendered(subject=subject, preheader=preheader, html=inline(html), text=_tidy(text))


@cache
def _environment(kind: str) -> "SandboxedEnvironment":
    from jinja2 import FileSystemLoader, StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(
        loader=FileSystemLoader(templates("email")),
        undefined=StrictUndefined,
        autoescape=kind == "html",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["wrap"] = _wrapped
    return environment


def _wrapped(text: str, indent: str = "") -> str:
    """The text in lines of at most TEXT_COLUMNS; long words and addresses stay whole."""
    return textwrap.fill(
        text,
        TEXT_COLUMNS,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _line(text: str) -> str:
    return " ".join(text.split())


def _tidy(text: str) -> str:
    """No space at line ends, no more than one empty line, one line end at the end."""
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", text)).strip() + "\n"
