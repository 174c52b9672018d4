"""What surrounds a rendered email when it becomes a message."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
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
