"""How the relays stand with this process: who is asked next, and who is left alone for a while."""

import logging
import threading
from dataclasses import dataclass

from newsletter.errors import NewsletterError, SettingsError, UnreachableError
from newsletter.mail.smtp.outages import is_news
from newsletter.mail.smtp.relays import Relays
from newsletter.mail.smtp.url import RelayUrl

FIRST_COOLDOWN_S = 5.0  # A relay that is started anew is back by then.
MOST_COOLDOWN_S = 300.0  # Whoever mended a relay does not wait longer for us to notice.
STEADY = 64  # Answers over one connection after which earlier failures are forgotten.
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Standing:
    """One relay: what is open to it, and what went wrong. Times are of a monotonic clock."""

    relay: RelayUrl
    open: int = 0
    chosen: int = 0  # connections given to it so far, for its share
    strikes: int = 0  # failures, one after the other
    away_until: float = 0.0
    why: str = ""
    is_out: bool = False  # it refuses our password, and would refuse it again
    is_known: bool = False  # it has let one in since it failed last; else one asks for all

    def is_free(self, now: float) -> bool:
        """Whether another connection may be tried."""
        has_room = not self.relay.connections or self.open < self.relay.connections
        is_quiet = self.is_known or not self.open
        return has_room and is_quiet and not self.is_away(now)

    def is_away(self, now: float) -> bool:
        """Whether nothing is tried for now."""
        return self.is_out or now < self.away_until


class Standings:
    """The relays of one setting, for all the runs of a process; its threads may share it."""

    def __init__(self, relays: Relays) -> None:
        self.relays = relays
        self._all = tuple(Standing(relay) for relay in relays.urls)
        self._lock = threading.Lock()
        # Of the only relay the run itself tells that nothing can be sent.
        self._level = logging.WARNING if len(self._all) > 1 else logging.DEBUG

    def choose(self, now: float) -> tuple[Standing, int] | None:
        """The relay for the next connection, and its strikes so far; None when none is free.

        Each relay's part of the connections is its weight's part of all weights, among those that
        are free. Each choice is to be followed by one of failed and ended.
        """
        with self._lock:
            free = [one for one in self._all if one.is_free(now)]
            if not free:
                return None
            best = min(free, key=lambda one: (one.chosen + 1) / one.relay.weight)
            best.chosen += 1
            best.open += 1
            return best, best.strikes

    def is_hopeless(self, now: float) -> bool:
        """Whether no relay is connected, and none is to be tried for now."""
        with self._lock:
            return all(one.is_away(now) and not one.open for one in self._all)

    def is_away(self, now: float) -> bool:
        """Return whether no relay is to be tried for now, and at least one may be again later."""
        return self.is_hopeless(now) and not isinstance(self.trouble(), SettingsError)

    def let_in(self, standing: Standing) -> None:
        """The relay is ready for messages."""
        with self._lock:
            standing.is_known = True
        name = standing.relay.name
        if is_news(name, is_away=False):
            _log.log(self._level, "The relay %s answers again.", name)

    def unneeded(self, standing: Standing) -> None:
        """What was chosen is not wanted any more; the relay is not to blame."""
        with self._lock:
            standing.open -= 1

    def failed(self, standing: Standing, why: str, *, now: float, since: int) -> None:
        """No connection could be made. since is the strikes that choose told."""
        with self._lock:
            standing.open -= 1
            standing.chosen -= 1
            self._strike(standing, why, now, since, spared=0)

    def refused(self, standing: Standing, why: str) -> None:
        """It takes neither our password nor anything else from us, until the setting changes."""
        with self._lock:
            standing.open -= 1
            standing.is_out, standing.why = True, why
        _log.warning("%s It is not asked again.", why)

    def ended(
        self, standing: Standing, *, answers: int, broke: str, now: float, since: int
    ) -> None:
        """A connection ended after so many answers. broke is why, "" when nobody is to blame.

        The first break of a relay that has answered costs nothing; connections that were made
        before a failure do not add to it.
        """
        with self._lock:
            standing.open -= 1
            if answers >= STEADY:
                standing.strikes = 0
            if broke:
                self._strike(standing, broke, now, since, spared=1 if answers else 0)

    def trouble(self) -> NewsletterError:
        """Why nothing can be sent: SettingsError when that is up to us, or UnreachableError."""
        with self._lock:
            reasons = [(one.relay, one.why, one.is_out) for one in self._all]
        return trouble(reasons)

    def _strike(self, standing: Standing, why: str, now: float, since: int, *, spared: int) -> None:
        if standing.strikes > since:
            return
        standing.strikes += 1
        standing.is_known = False
        standing.why = why
        counted = standing.strikes - spared
        if not counted:
            return
        cooldown_s = min(FIRST_COOLDOWN_S * 2 ** (counted - 1), MOST_COOLDOWN_S)
        standing.away_until = now + cooldown_s
        name = standing.relay.name
        level = self._level if is_news(name, is_away=True) else logging.DEBUG
        _log.log(level, "The relay %s is left alone for %g s: %s", name, cooldown_s, why)


def trouble(reasons: list[tuple[RelayUrl, str, bool]]) -> NewsletterError:
    """The sentence for relays of which none can be used, each with why and whether it is out."""
    if all(is_out for _, _, is_out in reasons):
        return SettingsError(" ".join(why for _, why, _ in reasons))
    if len(reasons) == 1:
        relay, why, _ = reasons[0]
        return UnreachableError(
            f"The relay {relay.name} cannot be reached ({why}). "
            "Check NEWSLETTER_SMTP_URL, and that the relay is running."
        )
    told = "; ".join(f"{relay.name} ({why.rstrip('.')})" for relay, why, _ in reasons)
    return UnreachableError(
        f"No relay can be reached: {told}. "
        "Check NEWSLETTER_SMTP_URL, and that the relays are running."
    )
