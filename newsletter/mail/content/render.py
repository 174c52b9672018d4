"""Emails out of their templates: subject, preheader, inlined HTML, written plain text."""

import hashlib
import re
import textwrap
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from newsletter.domain.editions.edition import Edition
from newsletter.domain.newsletter import Newsletter
from newsletter.domain.text.clean import strip_invisible, truncate
from newsletter.errors import PreflightError
from newsletter.locales.cldr import long_date, text_direction
from newsletter.mail.content.digest_view import digest_view
from newsletter.mail.content.inline_css import inline
from newsletter.mail.rendered import ANY_SLOT, EmailLinks, RenderedEmail, Slot
from newsletter.resources import templates

if TYPE_CHECKING:  # a worker that only delivers renders nothing
    from jinja2.sandbox import SandboxedEnvironment

TEXT_COLUMNS = 78  # RFC 5322, 2.1.1: lines of a mail should be no longer.
MAX_SUBJECT_CHARS = 150
LEFT_OVER = "A place for a reader's own value has a name that is none."
TEMPLATE_LEFT = "A part of the template was not filled in."

_TEMPLATE_MARK = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}")


def render_digest(
    edition: Edition, newsletter: Newsletter, links: EmailLinks, *, banner: str = ""
) -> RenderedEmail:
    """The edition as an email. The recipient's address and unsubscribe token are slots.

    banner is shown above everything, for a test message. Raises PreflightError when it cannot be
    rendered.
    """
    try:
        return _render_digest(edition, newsletter, links, banner)
    except PreflightError:
        raise
    except Exception as error:  # whatever a story does to a library, callers can deal with it
        raise PreflightError((f"It cannot be rendered ({type(error).__name__}).",)) from error


def _render_digest(
    edition: Edition, newsletter: Newsletter, links: EmailLinks, banner: str
) -> RenderedEmail:
    key = _build_key(edition, newsletter, links, banner)
    address, unsubscribe = (f"{key}{slot.name.lower()}" for slot in Slot)
    values = {
        "edition": edition,
        "links": replace(
            links, unsubscribe=links.unsubscribe.replace(Slot.UNSUBSCRIBE, unsubscribe)
        ),
        "banner": banner,
        "address": address,
        "page": digest_view(edition, newsletter.language),
        "date": long_date(edition.on, newsletter.language),
    }
    email = _render("digest", newsletter, values)
    return _with_slots(email, key, {address: Slot.ADDRESS, unsubscribe: Slot.UNSUBSCRIBE})


def render_confirm(
    newsletter: Newsletter, *, address: str, confirm_url: str, site_url: str
) -> RenderedEmail:
    """The mail that asks an address whether it wants the newsletter."""
    values = {"address": address, "confirm_url": confirm_url, "site_url": site_url, "banner": ""}
    return _with_slots(_render("confirm", newsletter, values), _build_key(newsletter, values), {})


def _build_key(*inputs: object) -> str:
    """Return what names the slots while this email is built.

    It is the digest of all that goes in, so no source can write it: it would have to hold its own
    digest. It ends with the build, and the same inputs make the same email byte for byte.
    """
    return "x" + hashlib.sha256(repr(inputs).encode(errors="surrogatepass")).hexdigest()


def _with_slots(email: RenderedEmail, key: str, names: dict[str, Slot]) -> RenderedEmail:
    """Return the email with its slots where their names stand, and nowhere else."""
    subject, preheader, html, text = (
        ANY_SLOT.sub("", part) for part in (email.subject, email.preheader, email.html, email.text)
    )
    for name, slot in names.items():
        html, text = html.replace(name, slot), text.replace(name, slot)
    if key in f"{subject}{preheader}{html}{text}".lower():  # changed by what it went through
        raise PreflightError((LEFT_OVER,))
    return RenderedEmail(subject=subject, preheader=preheader, html=html, text=text)


def _render(folder: str, newsletter: Newsletter, values: dict[str, Any]) -> RenderedEmail:
    is_rtl = text_direction(newsletter.language) == "rtl"
    common = values | {
        "newsletter": _clean(newsletter),
        "language": newsletter.language,
        "dir": "rtl" if is_rtl else "ltr",
        "start": "right" if is_rtl else "left",
    }
    subject = _line(_environment("txt").get_template(f"{folder}/subject.txt").render(common))
    preheader = _line(_environment("txt").get_template(f"{folder}/preheader.txt").render(common))
    subject = truncate(subject, MAX_SUBJECT_CHARS)
    framed = common | {"subject": subject, "preheader": preheader}
    html = _environment("html").get_template(f"{folder}/body.html").render(framed)
    text = _environment("txt").get_template(f"{folder}/body.txt").render(framed)
    return RenderedEmail(subject=subject, preheader=preheader, html=inline(html), text=_tidy(text))


def _clean(newsletter: Newsletter) -> Newsletter:
    """Return the newsletter with nothing in its texts that steers a display or hides."""
    return replace(
        newsletter,
        name=_line(strip_invisible(newsletter.name)),
        publisher=_line(strip_invisible(newsletter.publisher)),
        postal_address=strip_invisible(newsletter.postal_address),
    )


@cache
def _environment(kind: str) -> "SandboxedEnvironment":
    from jinja2 import FileSystemLoader, StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    from newsletter.locales.template_translations import add_translations

    environment = SandboxedEnvironment(
        loader=FileSystemLoader(templates("email")),
        undefined=StrictUndefined,
        autoescape=kind == "html",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["wrap"] = _wrapped
    add_translations(environment)
    _check_templates(environment)
    return environment


def _check_templates(environment: "SandboxedEnvironment") -> None:
    """Raise PreflightError when a template shows marks of its own language to readers.

    The templates are looked at and not the emails, in which such marks are a source's words.
    """
    for name in environment.list_templates():
        assert environment.loader is not None
        source, *_ = environment.loader.get_source(environment, name)
        for _, kind, text in environment.lex(source):
            if kind == "data" and _TEMPLATE_MARK.search(text):
                raise PreflightError((TEMPLATE_LEFT,))


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
