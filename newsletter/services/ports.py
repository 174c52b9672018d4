"""What a service is handed to reach the world with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from newsletter.domain.throttling.limits import SendLimits
from newsletter.feeds.fetching.fetch_policy import FetchPolicy
from newsletter.mail.message.dkim import Signer
from newsletter.mail.smtp import RelaySet
from newsletter.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The store, the clock, the queue, the relays, and what links are made of.

    enqueue takes an edition's id and its batches; it is called after commit only. secret is the key
    that signs links; public_url has no slash at its end. journal_dir is a folder on this machine
    in which runs write what they have started. is_ending says that this process has been asked to
    end: a run then starts nothing more. signers sign all mail. bounce_address is the mailbox that
    reports on deliveries come to; "" means bounces at the sender's domain. send_limits
    are those that all runs keep to together.
    """

    store: Store
    now: Callable[[], datetime]
    enqueue: Callable[[int, Sequence[int]], None]
    relays: RelaySet
    secret: bytes
    public_url: str
    fetch_policy: FetchPolicy
    journal_dir: Path
    is_ending: Callable[[], bool] = field(default=lambda: False)
    signers: tuple[Signer, ...] = ()
    bounce_address: str = ""
    send_limits: SendLimits = field(default_factory=SendLimits)
