"""What services are handed, made of the settings: the clock, the signers, the ports."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

from newsletter.config.settings import Settings, parse_signers
from newsletter.domain.throttling.limits import SendLimits
from newsletter.feeds.fetching.fetch_policy import FetchPolicy
from newsletter.mail.message.dkim import Signer
from newsletter.services.ports import Ports
from newsletter.store import Store
from newsletter.throttle.mailbox_providers import connection_caps


def signers(settings: Settings) -> tuple[Signer, ...]:
    """Who signs the mail, a signer for each key of NEWSLETTER_DKIM. Raises SettingsError."""
    return parse_signers(settings.dkim.get_secret_value())


def clock(settings: Settings) -> Callable[[], datetime]:
    """What time it is: UTC; counted on from NEWSLETTER_AT where that replays an evening."""
    if settings.at is None:
        return lambda: datetime.now(UTC)
    ahead = _ahead(settings.at)
    return lambda: datetime.now(UTC) + ahead


@cache
def _ahead(at: datetime) -> timedelta:
    """How far the replayed clock is ahead; it starts when it is first looked at."""
    return at.astimezone(UTC) - datetime.now(UTC)


def ports(
    settings: Settings,
    *,
    enqueue: Callable[[int, Sequence[int]], None],
    is_ending: Callable[[], bool] = lambda: False,
) -> Ports:
    """What services are handed, made of settings that engines() has completed."""
    return Ports(
        store=Store(settings.database_url),
        now=clock(settings),
        enqueue=enqueue,
        relays=settings.smtp_url.greeted_as(settings.ehlo_name),
        secret=settings.secret_key.get_secret_value().encode(),
        public_url=settings.public_url,
        fetch_policy=FetchPolicy(allow_loopback=settings.allow_loopback_feeds),
        journal_dir=settings.data_dir.resolve() / "journal",
        is_ending=is_ending,
        signers=signers(settings),
        bounce_address=settings.bounces,
        send_limits=SendLimits(
            per_second=settings.rate_per_second,
            per_day=settings.rate_per_day,
            connections=connection_caps(),
        ),
    )
