"""How the relays stand with this process: who is asked next, and who is left alone for a while."""

import logging
import math
import mmap
import re
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from zlib import crc32

from newsletter.domain.delivery.refusal_scope import RefusalStreak
from newsletter.errors import (
    NewsletterError,
    RelayRefusesError,
    SettingsError,
    UnreachableError,
)
from newsletter.mail.smtp.commands import Extensions
from newsletter.mail.smtp.relay_url import RelaySet, RelayUrl

FIRST_COOLDOWN_S = 5.0  # A relay that is started anew is back by then.
MOST_COOLDOWN_S = 300.0  # Whoever mended a relay does not wait longer for us to notice.
STEADY_AFTER = 64  # Answers over one connection after which earlier failures are forgotten.
# One that refuses us is asked again: whoever runs it may have mended it. Each time costs nothing.
FIRST_REFUSED_S, MOST_REFUSED_S = 60.0, 1_800.0
_ADDRESS = re.compile(r"[^\s<>()\[\]:;,\"']+@[^\s<>()\[\]:;,\"']+")
_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class RelayState:
    """One relay: what is open to it, and what went wrong. Times are of a monotonic clock."""

    relay: RelayUrl
    open: int = 0
    chosen: int = 0  # connections given to it so far, for its share
    failures: int = 0  # failures, one after the other
    cooldown_until: float = 0.0
    why: str = ""
    short: str = ""  # what it said when it refused us; "" where our password is to blame
    is_disabled: bool = False  # it refuses us: our name, our password, or whatever we send
    refusals: int = 0  # of us, one after the other
    is_probed: bool = False  # it has let one in since it failed last; else one asks for all
    most_bytes: int = 0  # of a message, as it said last; 0 is no limit
    takes_utf8: bool | None = None  # addresses beyond ASCII; None before it was asked
    ended_after: int = 0  # messages after which it ended a connection by itself, the last time
    cap: int = 0  # messages after which it always does; 0 while that is not known

    @property
    def messages(self) -> int:
        """How many messages may go over one connection."""
        return min(self.relay.messages, self.cap or self.relay.messages)

    def is_free(self, now: float) -> bool:
        """Whether another connection may be tried."""
        has_room = not self.relay.connections or self.open < self.relay.connections
        is_quiet = self.is_probed or not self.open
        return has_room and is_quiet and not self.is_away(now)

    def is_away(self, now: float) -> bool:
        """Whether nothing is tried for now."""
        return now < self.cooldown_until


def _any_relay(_: RelayState) -> bool:
    return True


class RelayPool:
    """The relays of one setting, for all the runs of a process; its threads may share it."""

    def __init__(self, relays: RelaySet) -> None:
        self.relays = relays
        self._all = tuple(RelayState(relay) for relay in relays.urls)
        self._lock = threading.Lock()
        # Of the only relay the run itself tells that nothing can be sent.
        self._level = logging.WARNING if len(self._all) > 1 else logging.DEBUG
        self.streaks: defaultdict[str, RefusalStreak] = defaultdict(RefusalStreak)

    def __iter__(self) -> Iterator[RelayState]:
        return iter(self._all)

    def choose(
        self, now: float, *, among: Callable[[RelayState], bool] = _any_relay
    ) -> tuple[RelayState, int] | None:
        """The relay for the next connection, and its strikes so far; None when none is free.

        Each relay's part of the connections is its weight's part of all weights, among those that
        are free. Each choice is to be followed by one of failed and ended.
        """
        with self._lock:
            free = [one for one in self._all if one.is_free(now) and among(one)]
            if not free:
                return None
            best = min(free, key=lambda one: (one.chosen + 1) / one.relay.weight)
            best.chosen += 1
            best.open += 1
            return best, best.failures

    def is_hopeless(self, now: float, *, among: Callable[[RelayState], bool] = _any_relay) -> bool:
        """Whether no relay is connected, and none is to be tried for now."""
        with self._lock:
            return all((one.is_away(now) or not among(one)) and not one.open for one in self._all)

    def is_away(self, now: float) -> bool:
        """Return whether no relay answers, and none is to be tried for now."""
        if not self.is_hopeless(now):
            return False
        return not isinstance(self.unavailable_error(), SettingsError | RelayRefusesError)

    def on_ready(self, standing: RelayState, offered: Extensions | None = None) -> None:
        """The relay is ready for messages; offered is what it takes, where that is known."""
        with self._lock:
            standing.is_probed = True
            if standing.is_disabled:
                _log.info("The relay %s lets us in again.", standing.relay.name)
            standing.is_disabled = False
            if offered is not None:
                standing.most_bytes = offered.most_bytes
                standing.takes_utf8 = offered.takes_utf8
        name = standing.relay.name
        if is_news(name, is_away=False):
            _log.log(self._level, "The relay %s answers again.", name)

    def release(self, standing: RelayState) -> None:
        """What was chosen is not wanted any more; the relay is not to blame."""
        with self._lock:
            standing.open -= 1

    def on_connect_failed(self, standing: RelayState, why: str, *, now: float, since: int) -> None:
        """No connection could be made. since is the strikes that choose told."""
        with self._lock:
            standing.open -= 1
            standing.chosen -= 1
            standing.is_disabled = False  # now it says something else, or nothing
            self._strike(standing, why, now, since, spared=0)

    def on_auth_rejected(
        self, standing: RelayState, why: str, *, now: float = math.inf, short: str = ""
    ) -> None:
        """It lets us in no more. short is its words; "" where our user and password are to blame.

        It is asked again after a minute, two, and so on up to half an hour; never without now.
        """
        with self._lock:
            standing.open -= 1
            self._leave_out(standing, why, now, short)

    def bar(self, name: str, short: str, *, now: float) -> None:
        """It has let us in and refuses whatever we send, in short; its connections are to end."""
        with self._lock:
            for standing in self._all:
                if standing.relay.name == name and not standing.is_disabled:
                    why = f"The relay {name} refuses us: it says {short}."
                    self._leave_out(standing, why, now, f"it says {short}")

    def has_other(self, name: str) -> bool:
        """Whether there is another relay, which does not refuse us."""
        with self._lock:
            return any(one.relay.name != name and not one.is_disabled for one in self._all)

    def ended_by_relay(self, standing: RelayState, messages: int) -> None:
        """It ended a connection by itself after so many messages, with another one at hand.

        Twice in a row after the same number is its cap, and is not waited for any more.
        """
        with self._lock:
            is_cap = 0 < messages == standing.ended_after and messages != standing.cap
            standing.ended_after = messages
            if is_cap:
                standing.cap = messages
                text = "The relay %s ends each connection after %d messages; so do we from now on."
                _log.info(text, standing.relay.name, messages)

    def on_closed(
        self, standing: RelayState, *, answers: int, broke: str, now: float, since: int
    ) -> None:
        """A connection ended after so many answers. broke is why, "" when nobody is to blame.

        The first break of a relay that has answered costs nothing; connections that were made
        before a failure do not add to it.
        """
        with self._lock:
            standing.open -= 1
            if answers >= STEADY_AFTER:
                standing.failures = standing.refusals = 0
            if broke:
                self._strike(standing, broke, now, since, spared=1 if answers else 0)

    def unavailable_error(self) -> NewsletterError:
        """Why nothing can be sent, as trouble says it."""
        with self._lock:
            reasons = [Reason(one.relay, one.why, one.short, one.is_disabled) for one in self._all]
        return trouble(reasons)

    def _leave_out(self, standing: RelayState, why: str, now: float, short: str) -> None:
        is_news = not standing.is_disabled
        standing.is_disabled, standing.is_probed = True, False
        standing.why, standing.short = why, short
        wait_s = min(FIRST_REFUSED_S * 2**standing.refusals, MOST_REFUSED_S)
        standing.refusals += 1
        standing.cooldown_until = now + wait_s
        if is_news:  # not each time that it is asked again
            text = "%s It is asked again after a minute, and then less and less often."
            _log.warning(text, without_addresses(why))

    def _strike(
        self, standing: RelayState, why: str, now: float, since: int, *, spared: int
    ) -> None:
        if standing.failures > since or standing.is_disabled:
            return
        standing.failures += 1
        standing.is_probed = False
        standing.why = why
        counted = standing.failures - spared
        if not counted:
            return
        cooldown_s = min(FIRST_COOLDOWN_S * 2 ** (counted - 1), MOST_COOLDOWN_S)
        standing.cooldown_until = now + cooldown_s
        name = standing.relay.name
        level = self._level if is_news(name, is_away=True) else logging.DEBUG
        text = "The relay %s is left alone for %g s: %s"
        _log.log(level, text, name, cooldown_s, without_addresses(why))


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a relay cannot be used; short is for beside others. is_out: it refuses us.

    Then short is its words, and "" where our user and password are to blame.
    """

    relay: RelayUrl
    why: str
    short: str = ""
    is_out: bool = False


def trouble(reasons: list[Reason]) -> NewsletterError:
    """The sentence for relays of which none can be used.

    SettingsError when all refuse our password, RelayRefusesError when all refuse us in some way,
    or UnreachableError.
    """
    is_final = all(reason.is_out for reason in reasons)
    if is_final and not any(reason.short for reason in reasons):
        return SettingsError(" ".join(reason.why for reason in reasons))
    if is_final and len(reasons) == 1:
        return RelayRefusesError(reasons[0].why)
    if len(reasons) == 1:
        (reason,) = reasons
        return UnreachableError(
            f"The relay {reason.relay.name} cannot be reached ({reason.why}). "
            "Check NEWSLETTER_SMTP_URL, and that the relay is running."
        )
    told = "; ".join(
        f"{reason.relay.name} ({(reason.short or reason.why).rstrip('.')})" for reason in reasons
    )
    if is_final:
        return RelayRefusesError(
            f"Every relay refuses us: {told}. "
            "See NEWSLETTER_SMTP_URL and NEWSLETTER_EHLO_NAME, or ask whoever runs them."
        )
    return UnreachableError(
        f"No relay can be reached: {told}. "
        "Check NEWSLETTER_SMTP_URL, and that the relays are running."
    )


def without_addresses(text: str) -> str:
    """Return a relay's words as a log may hold them."""
    return _ADDRESS.sub("(an address)", text)


# One byte for each relay, by its name; not 0 while it is away. Hardly ever do two relays share one.
_PLACES = 65_536


_AWAY = mmap.mmap(-1, _PLACES)


_LOCK = threading.Lock()


def is_news(relay: str, *, is_away: bool) -> bool:
    """Remember whether the relay of that name is away; return whether it was not so before."""
    place = crc32(relay.encode()) % _PLACES
    with _LOCK:
        before = _AWAY[place] != 0
        _AWAY[place] = is_away
    return before is not is_away
