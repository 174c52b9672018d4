"""An email address: checked, normalised, and what counts as the same one."""

from dataclasses import dataclass

from newsletter.errors import InputError

MAX_LOCAL_BYTES = 64  # RFC 5321, 4.5.3.1.1.
MAX_CHARS = 254  # RFC 5321, 4.5.3.1.3, less the angle brackets.

# Where most mailboxes are; a domain one slip away from one of them is probably meant to be it.
_COMMON = (
    "gmail.com",
    "googlemail.com",
    "yahoo.com",
    "hotmail.com",
    "outlook.com",
    "icloud.com",
    "live.com",
    "aol.com",
    "mail.com",
    "ymail.com",
    "gmx.de",
    "gmx.net",
    "web.de",
    "orange.fr",
    "free.fr",
    "mail.ru",
    "yandex.ru",
    "walla.co.il",
    "proton.me",
    "protonmail.com",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailAddress:
    """An address as it is written to, and the key by which it is the same as another.

    The key folds letter case in the whole address: a local part's case matters in RFC 5321 and
    nowhere in the world. Dots and plus-tags stay, since for most providers they do matter.
    """

    address: str
    key: str


def parse_address(text: str) -> EmailAddress:
    """The address in the text.

    Raises InputError saying what is wrong with it (RFC 5321, 5322, 6531).
    """
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise InputError(
            f"{text[:MAX_CHARS]!r} is not an email address: {_words(str(error))}"
        ) from error
    normal = found.normalized
    local, _, domain = normal.rpartition("@")
    if len(local.encode()) > MAX_LOCAL_BYTES:
        raise InputError(f"{text[:MAX_CHARS]!r} is not an email address: it is too long before @.")
    # Not casefold for the domain: straße.de and strasse.de are two.
    return EmailAddress(address=normal, key=f"{local.casefold()}@{domain.lower()}")


def suggest_correction(address: str) -> str:
    """The address that was perhaps meant, "" when nothing looks mistyped."""
    from rapidfuzz.distance import OSA

    local, _, domain = address.rpartition("@")
    domain = domain.casefold()
    if domain in _COMMON:
        return ""
    near = [one for one in _COMMON if OSA.distance(domain, one, score_cutoff=1) == 1]
    return f"{local}@{near[0]}" if near else ""


def _words(message: str) -> str:
    return message[0].lower() + message[1:]
