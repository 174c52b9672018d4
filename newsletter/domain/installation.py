"""What tells this installation from every other."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """The database's uid, and the last ids that links without it may name.

    Such links were signed before the database had a uid; both are 0 in one that always had.
    """

    uid: str
    last_legacy_subscription: int
    last_legacy_edition: int
