"""How an edition stands while a run goes through it."""

from dataclasses import dataclass

from newsletter.domain.delivery.retry_policy import exceeds_failure_rate


@dataclass(slots=True)
class RunCounters:
    """An edition's deliveries by all workers: queued as of the last claim, sent, refused for good.

    The run that holds it counts on with its own results.
    """

    queued: int = 0
    sent: int = 0
    refused: int = 0

    def describe_excess(self, *, most: float) -> str:
        """Return that more were refused than may be, a share from 0 to 1; "" while it is fewer."""
        answered = self.sent + self.refused
        if not exceeds_failure_rate(self.refused, answered, most=most):
            return ""
        return f"{self.refused} of {answered} messages were refused for good, more than {most:.0%}"
