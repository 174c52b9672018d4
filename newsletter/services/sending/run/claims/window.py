"""The window: how many messages a run may have started beyond what is settled, and which.

The ledger names them before they start. If the machine is lost with its disk, they are in doubt.
"""

from collections import Counter, deque
from collections.abc import Callable
from math import ceil

from newsletter.services.sending.run.claims.claimed_batch import PendingDelivery

MACHINE = 64  # Beyond what is settled, of all runs of one machine: what a lost machine may cost.
# Never fewer in one run: of each of its eight connections one message is on its way, and the next
# one's commands are.
LEAST = 16
ROOM_S = 0.4  # Two turns: in so long the other runs of the machine have made room for a new one.
RUNS = 2  # As many are expected from the start, so that a second run need not wait.
# What is started in so long needs no settlement in between: a turn and its commit.
HORIZON_S = 0.25
COMMIT_S = 0.005  # What a commit is taken to last before one was measured.
HALF_LIFE_S = 1.0  # Of what counts for the rate: a run is at its speed after a second or two.


class Window:
    """The deliveries that the ledger lets one run start, and those it is being asked for."""

    def __init__(self) -> None:
        self.ready: deque[PendingDelivery] = deque()  # may be started; no connection has them yet
        # May be started once the settlement that names them is committed.
        self.asked: list[PendingDelivery] = []
        self.share = MACHINE // RUNS
        self.opens_at = 0.0  # Nothing is asked for before: others have to make room first.
        self.low = 0  # So few that are ready are started before the next settlement is committed.
        self._per_s = 0.0
        self._commit_s = COMMIT_S

    def __len__(self) -> int:
        return len(self.ready) + len(self.asked)

    def size(self) -> int:
        """Return how many may be ready, asked for or on their way: what the rate needs, at most."""
        return max(LEAST, min(self.share, LEAST + ceil(self._per_s * HORIZON_S)))

    @property
    def chunk(self) -> int:
        """How many answers are worth a settlement."""
        return self.share * 3 // 8

    def open(self, runs: int, *, now: float) -> None:
        """Start as one of so many runs of this machine."""
        self.share_with(runs)
        self.opens_at = now + ROOM_S if runs > RUNS else now

    def share_with(self, runs: int) -> None:
        """Keep to the share of one of so many runs of this machine."""
        self.share = max(LEAST, MACHINE // max(RUNS, runs))

    def measure(self, started: int, elapsed_s: float) -> None:
        """Reckon with so many messages started in that time."""
        weight = 0.5 ** (elapsed_s / HALF_LIFE_S)
        rate = started / elapsed_s * (1 - weight) if elapsed_s else 0.0
        self._per_s = self._per_s * weight + rate if elapsed_s else 0.0
        self.low = min(self.share // 2, ceil(self._per_s * self._commit_s))

    def measure_commit(self, took_s: float) -> None:
        """Reckon with such a time for a commit; an eighth of it counts, the rest is the average."""
        self._commit_s += (took_s - self._commit_s) / 8

    def take(self, may_send: Callable[[str], bool]) -> PendingDelivery | None:
        """Take the first that is ready and whose provider may be sent to."""
        for at, pending in enumerate(self.ready):
            if may_send(pending.provider):
                del self.ready[at]
                return pending
        return None

    def grant(self) -> None:
        """Make those ready that were asked for: the ledger has named them."""
        self.ready.extend(self.asked)
        self.asked = []

    def give_up(self, allowance: Callable[[str], float]) -> list[PendingDelivery]:
        """Take out those that are ready, but beyond what their provider may have before long."""
        counts: Counter[str] = Counter()
        ready: deque[PendingDelivery] = deque()
        surplus = []
        for pending in self.ready:
            if counts[pending.provider] < allowance(pending.provider):
                counts[pending.provider] += 1
                ready.append(pending)
            else:
                surplus.append(pending)
        self.ready = ready
        return surplus

    def counts(self) -> Counter[str]:
        """Return how many there are for each provider."""
        return Counter(pending.provider for pending in (*self.ready, *self.asked))

    def take_all(self) -> list[PendingDelivery]:
        """Take out all: nothing more is started."""
        taken = [*self.ready, *self.asked]
        self.ready.clear()
        self.asked = []
        return taken
