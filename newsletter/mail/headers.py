"""The header of an email, in bytes: encoded, folded, and closed to what is not a header."""

import re
from email.header import Header
from email.utils import format_datetime, quote

import idna

from newsletter.domain.newsletter import Newsletter
from newsletter.mail.frame import Frame

_LINE = 76  # RFC 2047, 2: a line with an encoded word is no longer; RFC 5322, 2.1.1 asks for 78.
# What some program reads as the end of a line, and every other control character.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_ATOMS = re.compile(r"[\w !#$%&'*+/=?^`{|}~-]*", re.ASCII)  # RFC 5322, 3.2.3: needs no quotes


def header_bytes(fields: dict[str, str]) -> bytes:
    """The fields as header lines, each ending in CRLF. Values are text, or ready-made by mailbox.

    A line break in a value becomes a space: no value can begin a header of its own.
    """
    return b"".join(_field(name, value) for name, value in fields.items())


def to_line(name: str, address: str) -> bytes:
    """The To field. An address beyond ASCII stands as it is (RFC 6532), without a name."""
    written = written_address(_CONTROLS.sub("", address))
    if not written.isascii():
        return f"To:\r\n <{written}>\r\n".encode()
    return header_bytes({"To": mailbox(name, written) if name else written})


def mailbox(name: str, address: str) -> str:
    """A display name and an address as one header value, encoded and quoted as it needs."""
    bare = " ".join(_CONTROLS.sub(" ", name).split())
    if not bare:
        return written_address(address)
    if _is_plain(bare):
        bare = bare if _ATOMS.fullmatch(bare) else f'"{quote(bare)}"'
    else:
        bare = _words(bare)
    return f"{bare} <{written_address(address)}>"


def written_address(address: str) -> str:
    """The address as programs write it: the domain in ASCII (RFC 5890) where the rest is too."""
    local, _, domain = address.rpartition("@")
    if address.isascii() or not local.isascii():
        return address
    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode()}"
    except idna.IDNAError:
        return address


def _field(name: str, value: str) -> bytes:
    value = _CONTROLS.sub(" ", value.replace("\r\n ", " ")).strip()
    is_short = max(map(len, value.split(" "))) < _LINE - len("Content-Language: ")
    text = value if name in _STRUCTURED or (_is_plain(value) and is_short) else _words(value)
    return f"{_folded(f'{name}:', text)}\r\n".encode()


def _is_plain(text: str) -> bool:
    """Whether it may stand as it is: ASCII that nobody takes for an encoded word (RFC 2047, 7)."""
    return text.isascii() and "=?" not in text


def _words(text: str) -> str:
    """The whole text in encoded words, a space between two of them."""
    return Header(text, "utf-8", maxlinelen=_LINE - 1, header_name="Subject").encode(linesep="")


def _folded(start: str, text: str) -> str:
    """The field in lines of at most _LINE characters, broken at spaces; a long word stays whole."""
    lines, line = [], start
    for word in text.split(" "):
        if len(line) + 1 + len(word) > _LINE and line != start:
            lines.append(line)
            line = ""
        line = f"{line} {word}"
    return "\r\n".join([*lines, line])


def constant_fields(newsletter: Newsletter, frame: Frame) -> dict[str, str]:
    """The fields that every recipient of an edition gets alike."""
    list_id = f"{newsletter.slug}.{frame.domain}"
    fields = {
        "From": mailbox(newsletter.sender_name or newsletter.name, newsletter.sender_address),
        "Subject": frame.subject,
        "Date": format_datetime(frame.date),
        "Reply-To": newsletter.reply_to,
        "List-Id": f"{newsletter.slug} <{list_id}>",
        "List-Help": f"<{frame.site}>",
        "List-Archive": f"<{frame.archive}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",  # RFC 8058
        "Feedback-ID": f"{frame.edition_id}:{newsletter.slug}:edition:{frame.domain}",
        "Auto-Submitted": "auto-generated",  # RFC 3834: no out-of-office answer, please
        "Precedence": "list",
        "Content-Language": newsletter.language,
        "MIME-Version": "1.0",
    }
    return {name: value for name, value in fields.items() if value}


# Fields that are no free text: encoded words mean nothing in them (RFC 2047, 5).
_STRUCTURED = frozenset(
    {
        "From",
        "To",
        "Reply-To",
        "Date",
        "Message-ID",
        "List-Id",
        "List-Help",
        "List-Archive",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "Feedback-ID",
    }
)
