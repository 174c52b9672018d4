"""How fast each provider that throttled us is sent to now, by all runs together.

It stands in the buckets of send_permits. Times are the database's; tests bring their own.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from newsletter.domain.throttling import limits as rules
from newsletter.domain.throttling.limits import ALL_PROVIDERS, PermitRequest
from newsletter.store.database.ledger_connection import LedgerConnection

ALIVE = timedelta(seconds=10)  # Fifty exchanges: a run that has missed so many is dead.
# What happened long ago must not overflow: 2 to the 20th is more than any rate grows by.
_MAX_DOUBLINGS = 20

# The rate of a bucket p now: doubled each minute since the provider throttled us, NULL once it has
# recovered, or where it never did. A clock that was set back makes nothing older.
RATE = """
(SELECT nullif(grown, CASE WHEN grown >= %(recovered_at)s * p.rate_before THEN grown END)
FROM (SELECT p.rate * 2 ^ least(%(max_doublings)s, greatest(0,
    extract(epoch FROM clock.now - p.throttled_at)) / %(doubling_s)s) AS grown) AS g)
"""
CLOCK = """
clock AS MATERIALIZED (
    SELECT coalesce(CAST(%(now)s AS timestamptz), clock_timestamp()) AS now
)
"""
# Half of the rate that we had, and an empty bucket; not twice for what was under way. Where too
# many throttle us already it is the service that is throttled.
_THROTTLE_DOWN = f"""
WITH {CLOCK}, throttled AS (
    SELECT count(*) AS others, count(*) FILTER (WHERE p.name = %(name)s) AS same
    FROM send_permit AS p, clock WHERE p.name <> %(all)s AND {RATE} IS NOT NULL
), runs AS (
    SELECT count(*) + 1 AS count FROM send_run AS r, clock
    WHERE r.name <> %(run)s AND r.seen_at BETWEEN clock.now - %(alive)s AND clock.now + %(alive)s
), observed AS (
    SELECT clock.now, greatest(%(min_rate)s, runs.count * per_s) AS before, CASE WHEN is_too_many
        THEN %(all)s ELSE %(name)s END AS name
    FROM clock, runs, throttled, LATERAL (SELECT same = 0 AND others >= %(max_throttled)s
        AND %(name)s <> %(all)s) AS t (is_too_many),
        LATERAL (SELECT CASE WHEN is_too_many THEN CAST(%(service_per_s)s AS double precision)
            ELSE CAST(%(per_s)s AS double precision) END) AS s (per_s)
)
INSERT INTO send_permit AS p (name, level, refilled_at, rate, rate_before, throttled_at)
SELECT name, 0, now, greatest(%(min_rate)s, before * %(factor)s), before, now FROM observed
ON CONFLICT (name) DO UPDATE SET level = 0, refilled_at = excluded.refilled_at,
    (rate, rate_before, throttled_at) = (
        SELECT greatest(%(min_rate)s, before * %(factor)s), before, clock.now
        FROM (SELECT excluded.throttled_at AS now) AS clock, LATERAL (
            SELECT greatest(%(min_rate)s, least(excluded.rate_before, {RATE})) AS before) AS b)
WHERE p.throttled_at IS NULL
    OR excluded.throttled_at - p.throttled_at >= %(cooldown)s
RETURNING name
"""  # noqa: S608  # only our own words are put in
_RATES = f"""
WITH {CLOCK}, rates AS (
    SELECT p.name, {RATE} AS per_s FROM send_permit AS p, clock
)
SELECT name, per_s FROM rates WHERE per_s IS NOT NULL ORDER BY name
"""  # noqa: S608  # only our own words are put in
RATE_NUMBERS: dict[str, Any] = {
    "all": ALL_PROVIDERS,
    "alive": ALIVE,
    "min_rate": rules.MIN_RATE_PER_S,
    "factor": rules.BACKOFF_FACTOR,
    "cooldown": timedelta(seconds=rules.BACKOFF_COOLDOWN_S),
    "doubling_s": rules.RECOVERY_DOUBLING_S,
    "recovered_at": rules.RECOVERED_AT,
    "max_throttled": rules.MAX_THROTTLED_PROVIDERS,
    "max_doublings": _MAX_DOUBLINGS,
}


def throttle_down(
    session: Session, run: str, request: PermitRequest, *, now: datetime | None = None
) -> None:
    """Halve the rate of those who throttled the run. Twice in a few seconds is as good as once."""
    for values in _throttled(run, request, now):
        session.connection().exec_driver_sql(_THROTTLE_DOWN, values)


async def throttle_down_alone(line: LedgerConnection, run: str, request: PermitRequest) -> None:
    """Do as throttle_down does, each in a transaction of its own.

    Raises LedgerConnectionLostError.
    """
    for values in _throttled(run, request, None):
        await line.execute(_THROTTLE_DOWN, values)


def throttled_rates(session: Session) -> dict[str, float]:
    """Return the messages a second that each throttled provider is sent now, by all runs."""
    rows = session.connection().exec_driver_sql(_RATES, RATE_NUMBERS | {"now": None})
    return {row.name: row.per_s for row in rows}


def _throttled(run: str, request: PermitRequest, now: datetime | None) -> list[dict[str, Any]]:
    service_per_s = request.throttled.get(ALL_PROVIDERS, request.per_s)
    return [
        RATE_NUMBERS
        | {"now": now, "run": run, "name": name, "per_s": per_s, "service_per_s": service_per_s}
        for name, per_s in request.throttled.items()
    ]
