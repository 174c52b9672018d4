"""The header of an email, in bytes: encoded, folded, and closed to what is not a header."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, quote
from functools import lru_cache
from zoneinfo import ZoneInfo

from newsletter.domain.newsletter import Newsletter
from newsletter.domain.text.clean import strip_invisible
from newsletter.mail.message.encoded_words import encoded_words


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderContext:
    """Where links in the header lead, whose time it is dated in, and what its Message-ID holds.

    unsubscribe holds Slot.UNSUBSCRIBE; domain is the sender's; zone is an IANA name.
    """

    edition_id: int
    edition_uid: str = ""
    subject: str
    zone: str
    domain: str
    site: str
    archive: str
    unsubscribe: str


MAX_NAME_CHARS = 200  # What is longer is no name; the rest is cut.

_LINE = 76  # RFC 2047, 2: a line with an encoded word is no longer; RFC 5322, 2.1.1 asks for 78.
_LONGEST_WORD = 60  # Of text as it is; a longer one would overrun a line, so it is encoded.
_FIRST = _LINE - len("Reply-To: ")  # The room for an encoded word behind a field's name.
# What some program reads as the end of a line, and every other control character.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_ATOMS = re.compile(r"[\w !#$%&'*+/=?^`{|}~-]*", re.ASCII)  # RFC 5322, 3.2.3: needs no quotes
_PLAIN_NAME = re.compile(r"(?:[A-Za-z0-9'-]+(?: [A-Za-z0-9'-]+)*)?").fullmatch
_DOMAINS = 10_000  # Different domains beyond ASCII that are remembered; most readers share some.


def header_bytes(fields: dict[str, str]) -> bytes:
    """The fields as header lines, each ending in CRLF. Values are text, or ready-made by mailbox.

    A line break in a value becomes a space: no value can begin a header of its own.
    """
    return b"".join(_field(name, value) for name, value in fields.items())


def to_line(name: str, address: str) -> bytes:
    """The To field. An address whose local part is beyond ASCII stands as it is (RFC 6532).

    The address is one that recipient.checked_address has let through.
    """
    if _PLAIN_NAME(name) and address.isascii():
        line = f"To: {name} <{address}>" if name else f"To: {address}"
        if len(line) <= _LINE:
            return f"{line}\r\n".encode()
    return f"{_folded('To:', mailbox(name, address))}\r\n".encode()


def mailbox(name: str, address: str) -> str:
    """A display name and an address as one header value, encoded and quoted as it needs."""
    bare = " ".join(_CONTROLS.sub(" ", name).split())[:MAX_NAME_CHARS].rstrip()
    written = written_address(address)
    if not bare:
        return written
    if not _is_plain(bare):
        bare = " ".join(encoded_words(bare, first=_FIRST))
    elif not _ATOMS.fullmatch(bare):
        bare = f'"{quote(bare)}"'
    return f"{bare} <{written}>"


def written_address(address: str) -> str:
    """The address as programs write it: the domain in ASCII (RFC 5890) where the rest is too."""
    local, _, domain = address.rpartition("@")
    if address.isascii() or not local.isascii():
        return address
    return f"{local}@{_written_domain(domain)}"


def line(name: str, value: str) -> str:
    """A field whose value is one word, on a line of its own where both are too long for one."""
    between = " " if len(name) + len(value) < _LINE else "\r\n "
    return f"{name}:{between}{value}\r\n"


@lru_cache(maxsize=_DOMAINS)
def _written_domain(domain: str) -> str:
    import idna

    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        return domain


def _field(name: str, value: str) -> bytes:
    value = _CONTROLS.sub(" ", value.replace("\r\n ", " ")).strip()
    if name not in _STRUCTURED and not _is_plain(value):
        value = " ".join(encoded_words(value, first=_LINE - len(f"{name}: ")))
    return f"{_folded(f'{name}:', value)}\r\n".encode()


def _is_plain(text: str) -> bool:
    """Whether it may stand as it is, and be folded at its spaces.

    That is ASCII that nobody takes for an encoded word (RFC 2047, 7).
    """
    is_bare = text.isascii() and "=?" not in text and "  " not in text
    return is_bare and max(map(len, text.split(" "))) <= _LONGEST_WORD


def _folded(start: str, text: str) -> str:
    """The field in lines of at most _LINE characters, broken at spaces; a long word stays whole."""
    lines, line = [], start
    for word in text.split(" "):
        if line and len(line) + 1 + len(word) > _LINE:
            lines.append(line)
            line = ""
        line = f"{line} {word}"
    return "\r\n".join([*lines, line])


def date_line(moment: datetime, zone: str) -> bytes:
    """Return the Date field for a message that leaves at moment, in that zone's time.

    RFC 5322, 3.6.1: when the message is complete and ready to be handed over; 3.3: in local time.
    """
    return _date_line(int(moment.timestamp()), zone)


@lru_cache(maxsize=8)  # Thousands of messages leave in one second; their field is written once.
def _date_line(second: int, zone: str) -> bytes:
    return f"Date: {format_datetime(datetime.fromtimestamp(second, ZoneInfo(zone)))}\r\n".encode()


def constant_fields(newsletter: Newsletter, frame: HeaderContext) -> dict[str, str]:
    """The fields that every recipient of an edition gets alike."""
    list_id = f"{newsletter.slug}.{frame.domain}"
    fields = {
        "From": mailbox(
            strip_invisible(newsletter.sender_name or newsletter.name), newsletter.sender_address
        ),
        "Subject": frame.subject,
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
