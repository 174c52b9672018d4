"""What is away: one line in the log when that begins and one when it ends, not one an attempt."""

import logging
import mmap
import threading
from enum import Enum

from newsletter.errors import UnreachableError
from newsletter.mail.smtp import without_addresses

_log = logging.getLogger(__name__)


class Service(Enum):
    """What this program needs and does not contain, with the words for its being back."""

    DATABASE = "The database answers again."
    REDIS = "Redis answers again."
    RELAY = "The relay answers again."


_SETTINGS = {
    "NEWSLETTER_DATABASE_URL": Service.DATABASE,
    "NEWSLETTER_REDIS_URL": Service.REDIS,
    "NEWSLETTER_SMTP_URL": Service.RELAY,
}
_PLACES = {service: place for place, service in enumerate(Service)}
# A byte for each service, not 0 while it is away; a process and all that it forks share it, since
# the jobs of a worker run now in one and now in another.
_AWAY = mmap.mmap(-1, len(Service))
_LOCK = threading.Lock()


def report_outage(service: Service, sentence: str) -> None:
    """Write the sentence into the log, unless this outage stands there already.

    A relay may name a reader in its words; the log does not.
    """
    if _changed(service, is_away=True):
        _log.error("%s", without_addresses(sentence))


def report_end(service: Service) -> None:
    """Write into the log that the service answers again, if it was away."""
    if _changed(service, is_away=False):
        _log.warning("%s", service.value)


def is_away(service: Service) -> bool:
    """Whether an outage of it was reported and no end."""
    return _AWAY[_PLACES[service]] != 0


def service_of(error: UnreachableError) -> Service:
    """Return what could not be reached, by the setting that the error's text names."""
    text = str(error)
    return next((one for name, one in _SETTINGS.items() if name in text), Service.RELAY)


def _changed(service: Service, *, is_away: bool) -> bool:
    """Whether it was not so before."""
    place = _PLACES[service]
    with _LOCK:
        before = _AWAY[place] != 0
        _AWAY[place] = is_away
    return before is not is_away
