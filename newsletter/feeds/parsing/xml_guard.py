"""Entities of an XML document: the harmless ones are read, every other is refused.

A parser decides (Expat, from the standard library), not a pattern: it stops at the first element,
so nothing is ever expanded by it. What comes back has no document type any more, hence nothing that
a parser behind this one could expand: no entity, no external file, no default of an attribute.
"""

import re
from dataclasses import dataclass, field
from html.entities import html5
from xml.parsers import expat

from newsletter.errors import FeedUnusableError

MAX_ENTITY_CHARS = 100  # A name of an outlet or a symbol; what is longer is there to grow.
MAX_ENTITIES = 3_000  # HTML has 2,231 names, and some documents declare them all.
MAX_PROLOG_BYTES = 200_000  # Twice what those take, written out with comments.

_DECLARATION = b"<?xml version='1.0' encoding='utf-8'?>\n"
_PREDEFINED = frozenset({"amp", "lt", "gt", "quot", "apos"})  # XML 1.0, 4.6
_REFERENCE = re.compile(r"&([A-Za-z_][\w.-]{0,63});")
_CHARACTER = re.compile(r"&#(?:(\d{1,7})|x([0-9A-Fa-f]{1,6}));")
_MISPLACED = re.compile(rb"\A<\?xml[^>]*>\s*(?=<\?xml\s)", re.I)
_DECLARES = re.compile(rb"<!(?:ENTITY|ATTLIST)\b", re.I)


class _FirstElement(Exception):  # noqa: N818  # no error: it ends the parsing where the prolog ends
    """The document's own markup begins."""


@dataclass(slots=True)
class _Prolog:
    """What stands before the first element: the entities declared there, and where it ends."""

    entities: dict[str, str] = field(default_factory=dict)
    end: int = 0
    has_doctype: bool = False


def guard_xml(document: bytes) -> bytes:
    """Return the document without its document type, its entities replaced by their characters.

    document is UTF-8. An entity is harmless whose value is a character, or a few words of plain
    text; names that HTML knows need no declaration, since feeds use them without one (the document
    type of RSS 0.91 declares some of them, and is not fetched).

    Raises FeedUnusableError for an entity that refers to others or to a file, has markup in it, is
    long, or makes the document grow to twice its size; for parameter entities; and for a prolog
    that declares something and is broken.
    """
    # A declaration behind white space is nowhere; feedparser has put its own before it.
    document = _MISPLACED.sub(b"", document.lstrip())
    prolog = _read_prolog(document)
    if not prolog.end:
        if _DECLARES.search(document):
            raise FeedUnusableError("Its document type is broken, and declares something; refused.")
        return _with_characters(document, {})
    return _DECLARATION + _with_characters(document[prolog.end :], prolog.entities)


def _read_prolog(document: bytes) -> _Prolog:
    """Return what the document declares; its end is 0 when it is not well-formed up to there."""
    prolog = _Prolog()
    parser = expat.ParserCreate("utf-8")

    def on_entity(  # Expat's own arguments
        name: str,
        is_parameter: bool,  # noqa: FBT001  # likewise
        value: str | None,
        _base: str | None,
        _system_id: str | None,
        _public_id: str | None,
        _notation: str | None,
    ) -> None:
        if is_parameter or value is None:
            raise FeedUnusableError(
                "It declares entities that pull in other files, or are for its document type alone;"
                " refused."
            )
        if len(prolog.entities) >= MAX_ENTITIES:
            raise FeedUnusableError("It declares more entities than any feed needs; refused.")
        prolog.entities.setdefault(name, _harmless_value(value))  # XML 1.0, 4.2: the first binds

    def on_element(_name: str, _attributes: dict[str, str]) -> None:
        prolog.end = parser.CurrentByteIndex
        raise _FirstElement

    parser.EntityDeclHandler = on_entity
    parser.StartElementHandler = on_element
    try:
        _parse_prolog(parser, document)
    except _FirstElement:
        return prolog
    except expat.ExpatError:
        return _Prolog()
    return _Prolog()


def _parse_prolog(parser: expat.XMLParserType, document: bytes) -> None:
    """Feed the parser piece by piece, so that it reads no more than the prolog."""
    step = 16_384
    for start in range(0, len(document), step):
        if start > MAX_PROLOG_BYTES:
            raise FeedUnusableError("What stands before its first element is too long; refused.")
        parser.Parse(document[start : start + step], start + step >= len(document))


def _harmless_value(value: str) -> str:
    """Return the text that the entity stands for. Raises FeedUnusableError."""
    if value in {"&", "<"}:
        return value
    bare = _CHARACTER.sub("", value)
    if "&" in bare or "<" in bare or len(value) > MAX_ENTITY_CHARS:
        raise FeedUnusableError(
            "It declares entities that hold other entities or markup, or are long: they grow "
            "without end; refused."
        )
    return _CHARACTER.sub(_character, value)


def _character(reference: re.Match[str]) -> str:
    decimal, hexadecimal = reference.groups()
    try:
        return chr(int(decimal) if decimal else int(hexadecimal, 16)).encode().decode()
    except (ValueError, UnicodeEncodeError) as error:
        raise FeedUnusableError("It declares an entity that is no character; refused.") from error


def _with_characters(markup: bytes, declared: dict[str, str]) -> bytes:
    """Return the markup with each known reference replaced by what it stands for."""
    text = markup.decode()  # joining a million pieces of bytes takes 80 MB, and of text 8
    known = {name: _escape(text) for name, text in declared.items() if name not in _PREDEFINED}
    names = (match[1] for match in _REFERENCE.finditer(text) if match[1] in known)
    if sum(max(0, len(known[name]) - len(name) - 2) for name in names) > len(text):
        raise FeedUnusableError("Its entities make it grow to twice its size; refused.")

    def replaced(match: re.Match[str]) -> str:
        name = match[1]
        if name in known or name in _PREDEFINED:
            return known.get(name, match[0])
        return _escape(html5[f"{name};"]) if f"{name};" in html5 else match[0]

    return _REFERENCE.sub(replaced, text).encode()


def _escape(text: str) -> str:
    return (
        text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;")
    )
