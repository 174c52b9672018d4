"""How many messages a run may have begun beyond what is settled, and which they are.

The ledger names them before they begin. If the machine is lost with its disk, they are in doubt.
"""

from collections import Counter, deque
from collections.abc import Callable
from math import ceil

from newsletter.services.sending.run.claimed_batch import PendingDelivery

MACHINE = 64  # Beyond what is settled, of all runs of one machine: what a lost machine may cost.
# Never fewer in one run: of each of its eight connections one message is on its way, and the next
# one's commands are.
LEAST = 16
ROOM_S = 0.4  # Two turns: in so long the other runs of the machine have made room for a new one.
RUNS = 2  # Are reckoned with from the start, so that a second run need not wait for the first.
HORIZON_S = 0.25  # What is begun in so long needs no settlement in between: a turn and its commit.
HALF_LIFE_S = 1.0  # Of what counts for the rate: a run is at its speed after a second or two.


class Window:
    """The deliveries that the ledger lets one run begin, and those it is being asked for."""

    def __init__(self) -> None:
        self.ready: deque[PendingDelivery] = deque()  # may be begun; no connection has them yet
        self.asked: list[
            PendingDelivery
        ] = []  # may be once the settlement that names them is committed
        self.share = MACHINE // RUNS
        self.opens_at = 0.0  # Nothing is asked for before: others have to make room first.
        self.low = 0  # So few that are ready are begun before the next settlement is committed.
        self._per_s = 0.0

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
        """Begin as one of so many runs of this machine."""
        self.share_with(runs)
        self.opens_at = now + ROOM_S if runs > RUNS else now

    def share_with(self, runs: int) -> None:
        """Keep to the share of one of so many runs of this machine."""
        self.share = max(LEAST, MACHINE // max(RUNS, runs))

    def measure(self, begun: int, elapsed_s: float, commit_s: float) -> None:
        """Reckon with so many messages begun in that time, and such a time for a commit."""
        kept = 0.5 ** (elapsed_s / HALF_LIFE_S)
        self._per_s = self._per_s * kept + begun / elapsed_s * (1 - kept) if elapsed_s else 0.0
        self.low = min(self.share // 2, ceil(self._per_s * commit_s))

    def take(self, may: Callable[[str], bool]) -> PendingDelivery | None:
        """Take the first that is ready and whose provider may have it."""
        for at, given in enumerate(self.ready):
            if may(given.provider):
                del self.ready[at]
                return given
        return None

    def granted(self) -> None:
        """The ledger has named those that were asked for."""
        self.ready.extend(self.asked)
        self.asked = []

    def give_up(self, allowance: Callable[[str], float]) -> list[PendingDelivery]:
        """Take out those that are ready, but beyond what their provider may have before long."""
        counts: Counter[str] = Counter()
        kept: deque[PendingDelivery] = deque()
        surplus = []
        for given in self.ready:
            if counts[given.provider] < allowance(given.provider):
                counts[given.provider] += 1
                kept.append(given)
            else:
                surplus.append(given)
        self.ready = kept
        return surplus

    def counts(self) -> Counter[str]:
        """Return how many there are for each provider."""
        return Counter(given.provider for given in (*self.ready, *self.asked))

    def take_all(self) -> list[PendingDelivery]:
        """Take out all: nothing more is begun."""
        taken = [*self.ready, *self.asked]
        self.ready.clear()
        self.asked = []
        return taken
