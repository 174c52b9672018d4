"""How fast: the limits that are set, and what a run asks for and is granted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log, log2

# Stands for the whole service among the providers; no domain is called so.
ALL_PROVIDERS = "*"

# A quarter would lose speed that is fine with a provider; nine tenths would need twenty refusals to
# find a rate that a tenth of ours is. Half is what TCP does (RFC 5681 3.1), for the same reasons.
BACKOFF_FACTOR = 0.5
# What was under way when a provider throttled us is refused too, and says nothing new: replies come
# within a second or two, slow ones within five.
BACKOFF_COOLDOWN_S = 5.0
# Gmail's, Yahoo's and Outlook's windows are minutes to hours. Doubling each minute tries a little
# every minute, at the price of one message that waits, and is through ten doublings (from one a
# second to a thousand) within an edition.
RECOVERY_DOUBLING_S = 60.0
# A message each ten seconds for the whole service: enough to see that a provider is well again.
MIN_RATE_PER_S = 0.1
# A provider has recovered once its rate is so many times the rate at which it last throttled us.
RECOVERED_AT = 8.0
# So many providers that throttle us at the same time have nothing in common but us and our relay.
MAX_THROTTLED_PROVIDERS = 100
# Relays count by the second (Amazon SES), so a second's worth at once is no burst. Half of it may
# lie in the bucket, and half in the hands of runs: a permit lapses after that time.
BUCKET_S = 0.5
PERMIT_LASTS_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class SendLimits:
    """What is set: messages a second and a rolling day for the whole service (0: no limit), and at
    how many connections at once each provider has enough (those not named: no limit).
    """

    per_second: float = 0
    per_day: int = 0
    connections: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PermitRequest:
    """What a run tells and asks for in each exchange. Names are providers, and ALL_PROVIDERS.

    It could use as many more permits as wanted, and gives those in back to the others; for the
    names in waiting a message had no permit since the last exchange. throttled names who throttled
    us, and how many messages a second they got from this run, of per_s in all. used counts the
    messages since the last exchange.
    """

    wanted: Mapping[str, int] = field(default_factory=dict)
    back: Mapping[str, int] = field(default_factory=dict)
    waiting: frozenset[str] = frozenset()
    throttled: Mapping[str, float] = field(default_factory=dict)
    per_s: float = 0
    used: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PermitGrant:
    """What a run may do until its next exchange.

    permits are new ones, on top of those it holds; a name that is missing has no limit. connections
    are the messages that may be in flight to a provider at once; again, missing means no limit.
    rates are messages a second, of all runs together, to each provider that throttled us.
    """

    permits: Mapping[str, int] = field(default_factory=dict)
    connections: Mapping[str, int] = field(default_factory=dict)
    rates: Mapping[str, float] = field(default_factory=dict)


def divide_connections(caps: Mapping[str, int], *, runs: int, rank: int) -> dict[str, int]:
    """Return one run's part of each cap. rank is its place among the runs, from 0.

    What cannot be divided goes to the first. A run has a new name each time, so nobody's place
    stays the last.
    """
    return {name: cap // runs + (rank < cap % runs) for name, cap in caps.items()}


def seconds_for(count: float, per_s: float) -> float:
    """Return how many seconds a rate that is now per_s takes for so many messages.

    It doubles each RECOVERY_DOUBLING_S. With growth g = ln 2 / RECOVERY_DOUBLING_S a rate r lets
    r (e^(g t) - 1) / g messages go in t seconds.
    """
    growth = log(2) / RECOVERY_DOUBLING_S
    return log2(1 + count * growth / per_s) * RECOVERY_DOUBLING_S
