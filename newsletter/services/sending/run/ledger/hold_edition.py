"""Holding an edition in mid-run, and saying so in the log."""

import logging

from newsletter.domain.editions.edition import Edition
from newsletter.domain.editions.transitions import Transition
from newsletter.store import Session
from newsletter.store.editions.transitions import try_transition

_log = logging.getLogger(__name__)


def hold_edition(session: Session, edition: Edition, why: str) -> None:
    """Hold the edition; what is queued stays so until somebody lets it go on.

    Nothing is done to one that is not being sent any more.
    """
    if try_transition(session, edition.id, Transition.STOP, reason=why):
        # The reason may hold an address, which no log does: newsletter status shows it.
        _log.error("The run of the edition of %s is stopped. See: newsletter status", edition.on)
