"""Permits to send: what all runs share of the rate, of the day, and of each throttled provider.

Each provider that throttled us has a bucket of permits, and so has the service (ALL_PROVIDERS). All
times are the database's, the one clock that workers share; tests bring their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from newsletter.domain.throttling import limits as rules
from newsletter.domain.throttling.limits import ALL_PROVIDERS, PermitRequest, SendLimits
from newsletter.store.database.ledger_connection import LedgerConnection
from newsletter.store.delivery.provider_rates import ALIVE, CLOCK, RATE, RATE_NUMBERS

# A day's count in slots of five minutes keeps a tight quota from moving tomorrow's edition by more
# than that. A slot counts until its last message is 24 hours old, and as long as a permit lasts.
SLOT = timedelta(minutes=5)
DAY = timedelta(hours=24) + SLOT + timedelta(seconds=1)
# Permits come back in the next exchange; those of a slot's end must not be missing in the next.
BACK_AFTER = timedelta(seconds=1)
FRESH = timedelta(seconds=1)  # Five: who has missed those is not waited for by the others.
# One statement for one journey, without a wait for the disk: a message begins only after a
# settlement that names it was committed, and that commit takes this one to the disk with it.
#   1. See which other runs are there. What is read without a lock may be one exchange old.
#   2. Lock the buckets, the service's first: levels and the day's count are those of the moment.
#   3. Drop the slots of the day that are over.
#   4. Fill each bucket by its rate since the last exchange.
#   5. Draw what is wanted, at most so many that this run had as many lately as each of those that
#      wait; who had least gets one at least, and who did not wait before has saved nothing up. And
#      no more than is left of the day.
#   6. Count what was drawn, or, where the day has no limit, what was sent.
_EXCHANGE = f"""
WITH {CLOCK}, runs AS MATERIALIZED (
    SELECT r.name, r.waiting, r.recent, r.name = %(run)s AS is_me,
        r.seen_at >= clock.now - %(fresh)s AS is_fresh,
        0.5 ^ least(%(max_doublings)s, greatest(0, extract(epoch FROM clock.now - r.seen_at)))
            AS weight
    FROM send_run AS r, clock
    WHERE r.seen_at BETWEEN clock.now - %(alive)s AND clock.now + %(alive)s
), rates AS MATERIALIZED (
    SELECT p.name, least({RATE}, CASE WHEN p.name = %(all)s THEN
        nullif(CAST(%(per_second)s AS double precision), 0) END) AS per_s
    FROM send_permit AS p, clock
), asked AS (
    SELECT * FROM unnest(CAST(%(names)s AS text[]), CAST(%(wanted)s AS integer[]),
        CAST(%(back)s AS integer[])) AS a (name, wanted, back)
), locked AS MATERIALIZED (
    SELECT p.name, p.level, p.refilled_at, p.day_count FROM send_permit AS p
    WHERE p.name = ANY(CAST(%(names)s AS text[]))
    ORDER BY p.name = %(all)s DESC, p.name FOR UPDATE
), expired AS (
    DELETE FROM send_day AS s USING clock, locked
    WHERE locked.name = %(all)s AND s.began_at < clock.now - %(day)s RETURNING s.count
), filled AS MATERIALIZED (
    SELECT l.name, r.per_s, a.wanted, a.back, least(r.per_s * %(bucket_s)s + 1, l.level + a.back
            + r.per_s * greatest(0, extract(epoch FROM clock.now - l.refilled_at))) AS level,
        CASE WHEN l.name = %(all)s THEN (SELECT coalesce(sum(count), 0) FROM expired) ELSE 0 END
            AS expired,
        CASE WHEN l.name = %(all)s AND %(per_day)s > 0
            THEN greatest(0, %(per_day)s - l.day_count + a.back
                + (SELECT coalesce(sum(count), 0) FROM expired)) END AS day_left
    FROM clock, locked AS l JOIN rates AS r USING (name) JOIN asked AS a USING (name)
), shared AS MATERIALIZED (
    SELECT f.*, per_s IS NOT NULL OR day_left IS NOT NULL AS is_limited, mine.recent,
        CASE WHEN per_s IS NOT NULL THEN greatest(
            (level + mine.recent + others.recent) / (others.count + 1) - mine.recent,
            CASE WHEN mine.recent <= others.least THEN 1 ELSE 0 END) END AS share
    FROM filled AS f, LATERAL (
        SELECT count(*) AS count, coalesce(sum(had), 0) AS recent, coalesce(avg(had), 0) AS mean,
            coalesce(min(had), 'infinity') AS least
        FROM (SELECT coalesce(CAST(recent ->> f.name AS double precision), 0) * weight AS had
            FROM runs WHERE is_fresh AND NOT is_me AND f.name = ANY(waiting)) AS w
    ) AS others, LATERAL (
        SELECT greatest(0, max(CAST(recent ->> f.name AS double precision) * weight) - f.back,
            CASE WHEN count(*) FILTER (WHERE f.name = ANY(waiting)) = 0 THEN others.mean END)
            AS recent FROM runs WHERE is_me
    ) AS mine
), drawn AS MATERIALIZED (
    SELECT *, CASE WHEN is_limited THEN CAST(
        greatest(0, least(wanted, floor(level), floor(share), day_left)) AS integer) ELSE 0 END
        AS count
    FROM shared
), counted AS MATERIALIZED (
    SELECT slot, sum(number) AS number FROM drawn, clock, LATERAL (VALUES
        (clock.now, CASE WHEN day_left IS NULL THEN CAST(%(used)s AS integer) ELSE count END),
        (clock.now - %(back_after)s, CASE WHEN day_left IS NULL THEN 0 ELSE -back END)
        ) AS n (at, number), LATERAL (SELECT date_bin(%(slot)s, at, 'epoch')) AS s (slot)
    WHERE name = %(all)s GROUP BY slot HAVING sum(number) <> 0
), tallied AS (
    INSERT INTO send_day AS s (began_at, count) SELECT slot, number FROM counted
    ON CONFLICT (began_at) DO UPDATE SET count = s.count + excluded.count
), updated AS (
    UPDATE send_permit AS p SET level = coalesce(d.level - d.count, 0),
        refilled_at = CASE WHEN p.refilled_at > clock.now + %(fresh)s THEN clock.now
            ELSE greatest(p.refilled_at, clock.now) END,
        throttled_at = CASE WHEN p.throttled_at > clock.now THEN clock.now ELSE p.throttled_at END,
        day_count = p.day_count - d.expired + CASE WHEN d.name = %(all)s
            THEN (SELECT coalesce(sum(number), 0) FROM counted) ELSE 0 END
    FROM drawn AS d, clock WHERE p.name = d.name
), me AS (
    INSERT INTO send_run (name, seen_at, waiting, recent)
    SELECT %(run)s, now, CAST(%(waiting)s AS text[]), (
        SELECT coalesce(jsonb_object_agg(name, recent + count), '{{}}') FROM drawn WHERE is_limited
    ) FROM clock
    ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at, waiting = excluded.waiting,
        recent = excluded.recent
)
SELECT
    (SELECT coalesce(jsonb_object_agg(name, count), '{{}}') FROM drawn WHERE is_limited),
    (SELECT coalesce(jsonb_object_agg(name, per_s), '{{}}') FROM rates
        WHERE name <> %(all)s AND per_s IS NOT NULL),
    (SELECT count(*) + 1 FROM runs WHERE NOT is_me),
    (SELECT count(*) FROM runs WHERE name < %(run)s),
    CASE WHEN day_left = 0 THEN (SELECT extract(epoch FROM min(s.began_at) + %(day)s - clock.now)
            FROM send_day AS s WHERE s.began_at >= clock.now - %(day)s)
        WHEN count = 0 AND per_s IS NOT NULL THEN greatest(0, 1 - level) / per_s ELSE 0 END,
    set_config('synchronous_commit', 'off', true)
FROM drawn, clock WHERE name = %(all)s
"""  # noqa: S608  # only our own words are put in
# The service's own row is made with the table. Where it is missing (rows were deleted by hand, or a
# backup was restored without them), runs would wait for permits for ever.
_MAKE_SERVICE = """
INSERT INTO send_permit (name, day_count) SELECT %(all)s, coalesce(sum(count), 0) FROM send_day
ON CONFLICT DO NOTHING
"""
# Not only its own name: whoever was killed has left one, and a provider that recovered its bucket.
_LEAVE = f"""
WITH {CLOCK}, recovered AS (
    DELETE FROM send_permit AS p USING clock WHERE p.name <> %(all)s AND {RATE} IS NULL
)
DELETE FROM send_run AS r USING clock WHERE r.name = %(run)s OR r.seen_at < clock.now - %(gone)s
RETURNING r.name
"""  # noqa: S608  # only our own words are put in
_NUMBERS = RATE_NUMBERS | {
    "slot": SLOT,
    "day": DAY,
    "back_after": BACK_AFTER,
    "fresh": FRESH,
    "gone": 6 * ALIVE,
    "bucket_s": rules.BUCKET_S,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What an exchange brought.

    permits are new ones by name, of those that have a limit; rates are messages a second of all
    runs together to each throttled provider. runs counts those that share, this one included, and
    rank is its place among them. wait_s is how long there is nothing for the
    service: seconds for a rate, hours for a day's quota that is used up.
    """

    permits: Mapping[str, int]
    rates: Mapping[str, float]
    runs: int
    rank: int
    wait_s: float


def exchange(
    session: Session,
    run: str,
    limits: SendLimits,
    request: PermitRequest,
    *,
    now: datetime | None = None,
) -> Drawn:
    """Give back and draw permits for a run. now is the database's time where it is None.

    Not to be repeated when nobody knows whether it was committed: it would give back twice.
    """
    values, connection = _values(run, limits, request, now), session.connection()
    row = connection.exec_driver_sql(_EXCHANGE, values).one_or_none()
    if row is None:
        connection.exec_driver_sql(_MAKE_SERVICE, {"all": ALL_PROVIDERS})
        row = connection.exec_driver_sql(_EXCHANGE, values).one()
    return _drawn(row)


async def exchange_alone(
    line: LedgerConnection, run: str, limits: SendLimits, request: PermitRequest
) -> Drawn:
    """Do as exchange does, in a transaction of its own. Raises LedgerConnectionLostError."""
    values = _values(run, limits, request, None)
    row = await line.execute(_EXCHANGE, values)
    if row is None:
        await line.execute(_MAKE_SERVICE, {"all": ALL_PROVIDERS})
        row = await line.execute(_EXCHANGE, values)
    assert row is not None
    return _drawn(row)


async def leave_alone(line: LedgerConnection, run: str) -> None:
    """Count the run no longer; it has given back what it held. Raises LedgerConnectionLostError."""
    await line.execute(_LEAVE, _NUMBERS | {"run": run, "now": None})


def _values(
    run: str, limits: SendLimits, request: PermitRequest, now: datetime | None
) -> dict[str, Any]:
    names = sorted(request.wanted.keys() | request.back.keys() | {ALL_PROVIDERS})
    return _NUMBERS | {
        "now": now,
        "run": run,
        "per_second": limits.per_second,
        "per_day": limits.per_day,
        "names": names,
        "wanted": [request.wanted.get(name, 0) for name in names],
        "back": [request.back.get(name, 0) for name in names],
        "waiting": sorted(request.waiting),
        "used": request.used,
    }


def _drawn(row: Any) -> Drawn:
    permits, rates, runs, rank, wait_s, _ = row
    permits = dict.fromkeys(rates, 0) | permits  # of whom it did not know before it asked for none
    return Drawn(permits=permits, rates=rates, runs=runs, rank=rank, wait_s=float(wait_s))
