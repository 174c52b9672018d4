"""The standing product: what it is about, when it goes out, in whose name, and by which rules."""

from dataclasses import dataclass
from datetime import time, timedelta
from enum import StrEnum


class ApprovalPolicy(StrEnum):
    """What happens at the deadline to an edition that nobody has approved."""

    AUTOMATIC = "automatic"  # it goes out, unless an editor held it
    REQUIRED = "required"  # it is held until an editor approves it


class TooFewStoriesPolicy(StrEnum):
    """What happens on a day with fewer stories than min_stories."""

    SKIP = "skip"  # no edition goes out that day
    HOLD = "hold"  # an editor decides


class UncertainPolicy(StrEnum):
    """What becomes of a message of which nobody can know whether the relay took it (RFC 1047)."""

    STOP = "stop"  # it is not sent again by itself; an operator may settle it
    REPEAT = "repeat"  # it is sent again under the same Message-ID; a few may get it twice


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsletter:
    """One newsletter. sends_at is wall-clock time in zone (IANA name); days are ISO weekdays 1-7.

    language is a BCP 47 tag and sets direction, dates and the words of the mail. The edition is
    composed compose_lead before it goes out, and held when it would go out later than grace. A run
    stops when more than max_refused (a share, 0 to 1) of its messages are refused for good.
    """

    id: int
    slug: str
    name: str
    description: str = ""
    topic: str = "middle-east"
    language: str = "en"
    zone: str = "UTC"
    sends_at: time = time(18, 0)
    days: frozenset[int] = frozenset({1, 2, 3, 4, 5, 6, 7})
    compose_lead: timedelta = timedelta(hours=1)
    grace: timedelta = timedelta(hours=2)
    approval_policy: ApprovalPolicy = ApprovalPolicy.AUTOMATIC
    min_stories: int = 3
    too_few_stories_policy: TooFewStoriesPolicy = TooFewStoriesPolicy.SKIP
    max_stories: int = 15
    sender_name: str = ""
    sender_address: str
    reply_to: str = ""
    publisher: str = ""
    postal_address: str = ""
    uncertain_policy: UncertainPolicy = UncertainPolicy.STOP
    max_refused: float = 0.1
