"""Every exception raised on purpose, over one base.

A message is a sentence for the person who reads it: what happened, where, and what to do. What a
caller has to tell apart is a class; what it has to know is an attribute.
"""


class NewsletterError(Exception):
    """Something we foresaw. Its text is shown as it stands, without a traceback."""

    exit_code = 1


class SettingsError(NewsletterError):
    """A setting is missing, unknown or wrong; the text names it and says what to write."""

    exit_code = 2


class UnreachableError(NewsletterError):
    """The database, Redis or the relay did not answer; the text names the setting to check."""

    exit_code = 3


class ReadOnlyError(UnreachableError):
    """The database answers, but cannot be written: a standby, or set so by somebody."""


class RelayRefusesError(UnreachableError):
    """Every relay refuses us, or what we send: asking again does not mend it, people do."""


class InputError(NewsletterError):
    """What a person gave cannot be used: an address, a date, a file, a topic."""

    exit_code = 2


class NotFoundError(NewsletterError):
    """What was asked for is not there: no such newsletter, edition or feed."""

    exit_code = 4


class InvalidStateError(NewsletterError):
    """It exists, but its state forbids this: sent already, held, not composed yet."""

    exit_code = 5


class FeedError(NewsletterError):
    """A feed or page could not be used. Kept on the feed's row; never stops the others."""


class FeedUnavailableError(FeedError):
    """It did not answer as it should this time; asked again later."""


class FeedUnusableError(FeedError):
    """It answered with something that is not a feed, or that we refuse to read."""


class PreflightError(NewsletterError):
    """The build refuses this email; problems says why, one sentence each."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("This email cannot go out: " + " ".join(problems))


class UnmailableRecipientError(NewsletterError):
    """The master copy does not fit this one recipient; the text says which of its values, and why.

    It names no address: it may be kept where addresses may not.
    """
