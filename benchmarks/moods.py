"""How the benchmarks' relay may behave."""

from dataclasses import dataclass

# The orders that change one of its moods, to the number that they come with.
MOODS = {
    "hang": "is_hung",
    "leave": "is_leaving",
    "slow": "answers_after_s",
    "late": "accepts_after_s",
    "stall": "stalls_s",
    "close": "closes_after",
    "idle": "closes_idle_after_s",
    "defer": "defers",
    "limit": "per_s",
}


@dataclass(slots=True)
class Mood:
    """How it behaves. The default is well."""

    is_hung: float = False  # bytes are taken, nothing is answered
    is_leaving: float = False  # 421 to whatever comes
    answers_after_s: float = 0.0
    accepts_after_s: float = 0.0  # a message is kept at once, and its 250 comes so much later
    stalls_s: float = 0.0  # once in each session, between two commands
    closes_after: float = 0  # messages of a session; then it hangs up without a word
    closes_idle_after_s: float = 0.0  # likewise
    per_s: float = 0.0  # messages; whoever brings more is told to go slower
    defers: float = 0.0  # the share of messages that get a 451, at RCPT or after the dot
    level: float = 0.0  # of the bucket that fills at per_s and holds a second's worth
    filled_at: float = 0.0

    def is_too_fast(self, now: float) -> bool:
        """Whether one more message now is more than per_s allow. now counts seconds."""
        if not self.per_s:
            return False
        filled = self.level + (now - self.filled_at) * self.per_s
        self.level, self.filled_at = min(filled, self.per_s), now
        is_empty = self.level < 1
        self.level -= not is_empty
        return is_empty
