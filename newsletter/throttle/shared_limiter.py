"""What all runs share, through Redis: the service's rate, the day, slowed providers, connections.

Nothing in Redis that is needed here is lost with it: a rate starts from an empty bucket, the day is
counted from the ledger, and who is slow says so again.
"""

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from newsletter.domain.throttling import limits as rules
from newsletter.domain.throttling.fallback import LastKnown, SafePace
from newsletter.domain.throttling.limits import Ask, Grants, Limits, Pace
from newsletter.errors import SettingsError

# For each answer. Whoever asks waits beside the sending, which goes by the last grants meanwhile: a
# Redis that stumbles slows nobody, and one that hangs for longer is lost.
WAIT_S = 1.0
RETRY_S, MOST_RETRY_S = 1.0, 8.0  # After a failure; doubled each time, so that turns stay short.
RUN_EXPIRES_S = 10  # Fifty turns: who has missed so many is dead, or cut off and at the safe pace.
FRESH_S = 1  # Five turns: who has missed those is not waited for when permits are divided.
# A day's count in slots of five minutes keeps a tight quota from moving tomorrow's edition by more
# than that; 288 of them are a small hash.
SLOT_S, DAY_S = 300, 24 * 60 * 60
SLACK_S = 60  # A permit is used this late at most: a run that stood still longer begins nothing.
SETTLE_S = 10  # What was begun earlier is in the ledger; it is settled several times a second.
QUIET_S = 1  # After the day was counted anew: five turns in which each run tells what is missing.
KEYS_EXPIRE_S = 60 * 60  # Slowed providers have recovered by then, whatever happened.

_KEYS = [f"newsletter:{{pace}}:{name}" for name in ("runs", "slow", "buckets", "day")]
_AWAY = (RedisError, OSError, ValueError)  # ValueError: what answers there is no Redis of ours
_log = logging.getLogger(__name__)


class Quota:
    """One run's turn with the others. For one thread at a time.

    sent_lately gives the moments at which messages went out in the last 24 hours, and how many
    each time, as the ledger has it; it is asked when Redis has lost the day's count, or is lost.
    clock is the one that all workers share, in seconds since the epoch; without one it is Redis's.
    """

    def __init__(
        self,
        url: str,
        limits: Limits,
        *,
        run: str,
        sent_lately: Callable[[], Iterable[tuple[datetime, int]]],
        clock: Callable[[], float] | None = None,
    ) -> None:
        """Connects to nothing yet. Raises SettingsError when url is none."""
        self._redis = _redis(url)
        self._script = self._redis.register_script(_text())
        self._limits = limits
        self._rule = _rule(limits)
        self._run = run
        self._sent_lately = sent_lately
        self._clock = clock
        self._known = LastKnown()
        self._seeded = ""
        self._sent: dict[int, int] = {}  # by second, as long as the others may not know
        self._alone: SafePace | None = None
        self._alone_at = self._again_at = 0.0
        self._retry_s = RETRY_S

    def turn(self, ask: Ask, *, now: float) -> Grants:
        """What the run may do until its next turn.

        now counts seconds on a clock of this process that never goes back. When Redis does not
        answer as it should, the safe pace is granted, and it is asked again later. Raises what
        sent_lately raises.
        """
        self._remember(ask, now)
        if self._alone is None or now >= self._again_at:
            try:
                return self._together(ask, now)
            except _AWAY as error:
                self._cut_off(error, now)
        assert self._alone is not None
        return self._alone.grants(ask, now=now)

    def leave(self, ask: Ask, *, now: float) -> None:
        """Give back what the run holds, and its share; without Redis that happens by itself."""
        self._remember(ask, now)
        held = Counter(ask.held) + Counter(ask.back)
        try:
            if self._alone is None:
                self._exchange(Ask(back=held, used=ask.used), now, is_leaving=True)
        except _AWAY as error:
            _log.debug("The run did not leave the quota: %s", type(error).__name__)
        finally:
            self._redis.close()

    def _together(self, ask: Ask, now: float) -> Grants:
        answer = self._exchange(ask, now)
        if self._alone is not None:
            _log.warning("Redis answers again: back to the set pace.")
        self._alone, self._retry_s = None, RETRY_S
        self._seeded = answer.get("seeded", "")
        self._sent = {at: count for at, count in self._sent.items() if at > now - SETTLE_S - 1}
        self._known = LastKnown(
            runs=answer["runs"],
            shares=answer["shares"],
            paces={
                name: Pace(one["per_s"], one["was"], now - one["age_s"])
                for name, one in answer["paces"].items()
            },
        )
        return Grants(
            permits={name: int(count) for name, count in answer["permits"].items()},
            shares={name: int(count) for name, count in answer["shares"].items()},
            rates={name: pace.at(now) for name, pace in self._known.paces.items()},
            wait_s=answer["wait_s"],
            runs=answer["runs"],
        )

    def _exchange(self, ask: Ask, now: float, *, is_leaving: bool = False) -> dict[str, Any]:
        body: dict[str, Any] = {
            "run": self._run,
            "held": dict(ask.held),
            "wanted": dict(ask.wanted),
            "back": dict(ask.back),
            "in_flight": dict(ask.in_flight),
            "slowed": dict(ask.slowed),
            "per_s": ask.per_s,
            "seeded": self._seeded,
            "is_leaving": is_leaving,
        }
        if self._alone is not None:
            body["alone_s"] = now - self._alone_at
            body["slowed"] = self._alone.slowed(now=now) | body["slowed"]
        answer = self._call(body)
        if "tell" in answer:
            body["sent"] = [(now - at, count) for at, count in self._sent.items()]
            if answer["seed"]:
                body["seed"] = self._slots()
            answer = self._call(body)
        if "tell" in answer:
            raise ValueError("Redis lost the day's count while it was being told.")
        return answer

    def _call(self, body: dict[str, Any]) -> dict[str, Any]:
        if self._clock is not None:
            body["now"] = self._clock()
        answer = json.loads(self._script(keys=_KEYS, args=[json.dumps(body), self._rule]))
        if not isinstance(answer, dict) or not answer.keys() & {"tell", "permits"}:
            raise ValueError("What answers is no Redis that ran our script.")
        return answer

    def _slots(self) -> dict[int, int]:
        slots: Counter[int] = Counter()
        for moment, count in self._sent_lately():
            slots[int(moment.timestamp()) // SLOT_S] += count
        return slots

    def _cut_off(self, error: Exception, now: float) -> None:
        if self._alone is None:
            self._alone = SafePace(self._limits, self._known, day_left=self._day_left(), now=now)
            self._alone_at = now
            _log.warning(
                "Redis does not answer as it should (%s): sending at the safe pace until it does. "
                "See NEWSLETTER_REDIS_URL.",
                type(error).__name__,
            )
        self._again_at = now + self._retry_s
        self._retry_s = min(2 * self._retry_s, MOST_RETRY_S)

    def _day_left(self) -> int | None:
        """This run's part of what the ledger says is left of the day."""
        if not self._limits.per_day:
            return None
        runs = self._known.runs
        # The others have begun about as many as this run that are not in the ledger yet.
        begun = sum(self._slots().values()) + runs * sum(self._sent.values())
        return max(0, self._limits.per_day - begun) // runs

    def _remember(self, ask: Ask, now: float) -> None:
        if self._limits.per_day and ask.used:
            second = int(now) + 1  # rounded up: rather counted twice than not at all
            self._sent[second] = self._sent.get(second, 0) + ask.used


def _redis(url: str) -> Any:
    try:
        return Redis.from_url(
            url,
            decode_responses=True,
            socket_timeout=WAIT_S,
            socket_connect_timeout=WAIT_S,
            # A turn that is tried again would give back twice; the next turn is soon enough.
            retry=Retry(NoBackoff(), 0),
            protocol=2,  # a new connection says less
        )
    except ValueError as error:
        raise SettingsError(f"NEWSLETTER_REDIS_URL is wrong: {error}.") from error


@cache
def _text() -> str:
    return files("newsletter.throttle").joinpath("shared_limiter.lua").read_text(encoding="utf-8")


def _rule(limits: Limits) -> str:
    """The numbers by which the script goes."""
    return json.dumps(
        {
            "per_second": limits.per_second,
            "per_day": limits.per_day,
            "connections": dict(limits.connections),
            "slower": rules.SLOWER,
            "hold_s": rules.HOLD_S,
            "double_s": rules.DOUBLE_S,
            "floor_per_s": rules.FLOOR_PER_S,
            "over": rules.OVER,
            "most_slowed": rules.MOST_SLOWED,
            "burst_s": rules.BURST_S,
            "rotate_s": rules.ROTATE_S,
            "run_expires_s": RUN_EXPIRES_S,
            "fresh_s": FRESH_S,
            "slot_s": SLOT_S,
            "day_s": DAY_S,
            "slack_s": SLACK_S,
            "settle_s": SETTLE_S,
            "quiet_s": QUIET_S,
            "keys_expire_s": KEYS_EXPIRE_S,
        }
    )
