"""How fast: the rules of the service's quota and of the pace to one mailbox provider."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf, log, log2

# Stands for the whole service among the providers; no domain is called so.
SERVICE = "*"

# A quarter would lose speed that is fine with a provider; nine tenths would need twenty refusals to
# find a pace that a tenth of ours is. Half is what TCP does (RFC 5681 3.1), for the same reasons.
SLOWER = 0.5
# What was under way when a provider said slower is refused too, and says nothing new: replies come
# within a second or two, slow ones within five.
HOLD_S = 5.0
# Gmail's, Yahoo's and Outlook's windows are minutes to hours. Doubling each minute tries a little
# every minute, at the price of one message that waits, and is through ten doublings (from one a
# second to a thousand) within an edition.
DOUBLE_S = 60.0
# A message each ten seconds for the whole service: enough to see that a provider is well again.
FLOOR_PER_S = 0.1
# So many times the speed at which it last said slower, and it did not say so again: it is over.
OVER = 8.0
# So many providers that slow us at the same time have nothing in common but us and our relay.
MOST_SLOWED = 100
# What a bucket holds: relays count by the second (Amazon SES), so a second's worth is no burst.
BURST_S = 1.0
# Without Redis nobody knows who else sends. A hundred a second takes an edition of 100,000 out in
# a quarter of an hour, and is what KumoMTA begins with for one destination alone.
SAFE_PER_S = 100.0
# Whoever has never heard how many runs there are divides by this: more than a small house has.
SAFE_RUNS = 4
# A share that is not whole moves on so often, so that nobody's readers wait for a run to end.
ROTATE_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What is set: messages a second and a rolling day for the whole service (0: no limit), and at
    how many connections at once each provider has enough (those not named: no limit).
    """

    per_second: float = 0
    per_day: int = 0
    connections: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast since a provider said slower: per_s at that moment, when it was at the speed was.

    since is in seconds of any clock that the caller keeps to.
    """

    per_s: float
    was: float
    since: float

    def at(self, now: float) -> float:
        """Messages a second now; infinite when it has recovered."""
        grown = self.per_s * 2.0 ** (max(0.0, now - self.since) / DOUBLE_S)
        return grown if grown < OVER * self.was else inf


def slowed(pace: Pace | None, *, observed: float, now: float) -> Pace:
    """The pace after a provider said slower, when we were at observed messages a second."""
    if pace is not None and now - pace.since < HOLD_S:
        return pace
    was = max(FLOOR_PER_S, min(observed, inf if pace is None else pace.at(now)))
    return Pace(max(FLOOR_PER_S, was * SLOWER), was, now)


def seconds_for(count: float, per_s: float) -> float:
    """Return how many seconds a pace that is now per_s, and doubles each DOUBLE_S, takes for these.

    With growth g = ln 2 / DOUBLE_S a pace r lets r (e^(g t) - 1) / g messages go in t seconds.
    """
    growth = log(2) / DOUBLE_S
    return log2(1 + count * growth / per_s) * DOUBLE_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a run tells and asks for, each turn. Names are providers, and SERVICE.

    held permits are in its hand; it could use as many more as wanted, and gives those in back to
    the others. in_flight is what has no answer yet, of providers with a cap. slowed names who said
    slower, and how many messages a second they got from this run, of per_s in all. used counts the
    messages since the last turn.
    """

    held: Mapping[str, int] = field(default_factory=dict)
    wanted: Mapping[str, int] = field(default_factory=dict)
    back: Mapping[str, int] = field(default_factory=dict)
    in_flight: Mapping[str, int] = field(default_factory=dict)
    slowed: Mapping[str, float] = field(default_factory=dict)
    per_s: float = 0
    used: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Grants:
    """What a run may do until its next turn.

    permits are new ones, on top of those it holds; a name that is missing has no limit. shares are
    the messages that may be in flight to a provider at once; again, missing means no limit. rates
    are messages a second, of all runs together, to each provider that said slower. wait_s is how
    long there is nothing for the service, as far as that is known: seconds for a rate, hours for a
    day's quota that is used up. runs counts those that share the limits, this one included. is_safe
    says that Redis did not answer, and that this is the safe pace.
    """

    permits: Mapping[str, int] = field(default_factory=dict)
    shares: Mapping[str, int] = field(default_factory=dict)
    rates: Mapping[str, float] = field(default_factory=dict)
    wait_s: float = 0
    runs: int = 1
    is_safe: bool = False
