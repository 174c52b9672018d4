"""What surrounds a rendered email when it becomes a message."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Where links in the header lead, when the message is dated, and whose Message-ID it bears.

    unsubscribe holds Slot.UNSUBSCRIBE; domain is the sender's.
    """

    edition_id: int
    edition_uid: str = ""
    subject: str
    date: datetime
    domain: str
    site: str
    archive: str
    unsubscribe: str
