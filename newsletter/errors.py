"""Every exception raised on purpose, and the one table of what each of them means.

    error                        code                   HTTP  exit  whom its sentence is for
    NewsletterError              failed                  500     1  operators
    ├─ SettingsError             settings_wrong          503     2  operators
    ├─ UnreachableError          unreachable             503     3  operators
    │  ├─ ReadOnlyError          read_only               503     3  operators
    │  └─ RelayRefusesError      relay_refuses           503     3  operators
    ├─ InputError                input_wrong             400     2  everybody
    │  └─ RateLimitedError       rate_limited            429     2  everybody
    ├─ NotFoundError             not_found               404     4  everybody
    ├─ InvalidStateError         state_forbids           409     5  editors
    │  └─ StaleRevisionError     changed_since           409     5  editors
    ├─ FeedError                 feed_failed             500     1  editors
    │  ├─ FeedUnavailableError   feed_unavailable        500     1  editors
    │  └─ FeedUnusableError      feed_unusable           500     1  editors
    ├─ PreflightError            email_refused           500     1  editors
    └─ UnmailableRecipientError  recipient_unmailable    500     1  editors

A message is a sentence for the person who reads it: what happened, where, and what to do. What a
caller has to tell apart is a class; what it has to know is an attribute. The pages, the command
line, the programs' address and the worker read this table from the classes; a subclass in another
module has what its base has. A code never changes: programs compare it.

Operators read every sentence, on the command line and in the log. Editors do not read what names
servers and settings. On a public page a sentence for others is replaced by public_message, and
the hint, which may name commands and options, is left out.
"""

from enum import Enum
from typing import ClassVar


class Audience(Enum):
    """Whom the sentence of an error is for; each may also read what is for those after it."""

    OPERATORS = 2  # It may name settings, commands, folders, servers, and what a relay said.
    EDITORS = 1  # It may name editions, stories, dates and commands.
    EVERYBODY = 0  # It repeats only what the visitor asked for or typed.

    def may_read(self, other: "Audience") -> bool:
        """Return whether whoever this is may read a sentence for the other."""
        return other.value <= self.value


class NewsletterError(Exception):
    """Something we foresaw. The command line shows its text as it stands, without a traceback.

    sentence says what happened; hint says what to do, to somebody with a command line.
    """

    code: ClassVar[str] = "failed"
    http_status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1
    audience: ClassVar[Audience] = Audience.OPERATORS
    replacement: ClassVar[str] = "Something went wrong on our side. We have been told."

    def __init__(self, sentence: str = "", *, hint: str = "") -> None:
        self.sentence = sentence
        super().__init__(f"{sentence} {hint}".strip())

    @property
    def public_message(self) -> str:
        """Return what a visitor of a public page, or a program, reads of it."""
        return self.message_for(Audience.EVERYBODY)

    def message_for(self, reader: Audience) -> str:
        """Return what the reader is shown: the text, the sentence without the hint, or neither."""
        if not reader.may_read(self.audience):
            return self.replacement
        return self.sentence if reader is Audience.EVERYBODY else str(self)


class SettingsError(NewsletterError):
    """A setting is missing, unknown or wrong; the text names it and says what to write."""

    code = "settings_wrong"
    http_status = 503
    exit_code = 2
    replacement = "We cannot do this at the moment. Please try again in a few minutes."


class UnreachableError(NewsletterError):
    """The database, Redis or the relay did not answer; the text names the setting to check."""

    code = "unreachable"
    http_status = 503
    exit_code = 3
    replacement = "We cannot do this at the moment. Please try again in a few minutes."


class ReadOnlyError(UnreachableError):
    """The database answers, but cannot be written: a standby, or set so by somebody."""

    code = "read_only"


class RelayRefusesError(UnreachableError):
    """Every relay refuses us, or what we send: asking again does not mend it, people do."""

    code = "relay_refuses"


class InputError(NewsletterError):
    """What a person gave cannot be used: an address, a date, a file, a topic."""

    code = "input_wrong"
    http_status = 400
    exit_code = 2
    audience = Audience.EVERYBODY


class RateLimitedError(InputError):
    """Too many sign-ups from one place in an hour."""

    code = "rate_limited"
    http_status = 429


class NotFoundError(NewsletterError):
    """What was asked for is not there: no such newsletter, edition or feed."""

    code = "not_found"
    http_status = 404
    exit_code = 4
    audience = Audience.EVERYBODY


class InvalidStateError(NewsletterError):
    """It exists, but its state forbids this: sent already, held, not composed yet."""

    code = "state_forbids"
    http_status = 409
    exit_code = 5
    audience = Audience.EDITORS
    replacement = "This cannot be done at the moment."


class StaleRevisionError(InvalidStateError):
    """It has changed since the person who decides about it looked."""

    code = "changed_since"


class FeedError(NewsletterError):
    """A feed or page could not be used. Kept on the feed's row; never stops the others."""

    code = "feed_failed"
    audience = Audience.EDITORS


class FeedUnavailableError(FeedError):
    """It did not answer as it should this time; asked again later."""

    code = "feed_unavailable"


class FeedUnusableError(FeedError):
    """It answered with something that is not a feed, or that we refuse to read."""

    code = "feed_unusable"


class PreflightError(NewsletterError):
    """The build refuses this email; problems says why, one sentence each."""

    code = "email_refused"
    audience = Audience.EDITORS

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("This email cannot go out: " + " ".join(problems))


class UnmailableRecipientError(NewsletterError):
    """The master copy does not fit this one recipient; the text says which of its values, and why.

    It names no address: it may be kept where addresses may not.
    """

    code = "recipient_unmailable"
    audience = Audience.EDITORS
