"""The evidence of consent: what was asked or said of a subscription, when, and from where."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import case, cast, func, insert, select
from sqlalchemy.dialects.postgresql import INET
from sqlalchemy.orm import Session

from newsletter.domain.client_address import network_of
from newsletter.domain.subscribers.consent import ConsentEvent
from newsletter.store.models import ConsentRow


def record_consent(
    session: Session, subscription_ids: Sequence[int], evidence: ConsentEvent, *, now: datetime
) -> None:
    """Add evidence to subscriptions. Only withdraw_request ever removes it again."""
    told = {
        "event": evidence.event,
        "channel": evidence.channel,
        "remote_address": evidence.remote_address,
        "at": now,
    }
    rows = [{"subscription_id": each, **told} for each in subscription_ids]
    if rows:
        session.execute(insert(ConsentRow), rows)


def count_signups_since(
    session: Session, *, since: datetime, remote_address: str = "", subscription_id: int = 0
) -> int:
    """How many sign-ups came from an address on the net, or for a subscription, since then.

    An address of IPv6 stands for all those that its owner can take: its /64.
    """
    network = network_of(remote_address)
    wanted = [ConsentRow.event == "asked", ConsentRow.at >= since]
    if "/" in network:
        # Only what looks like IPv6 is taken for it: of any other text the cast would fail.
        is_ipv6 = ConsentRow.remote_address.op("~")("^[0-9a-f]*:[0-9a-f:]*:[0-9a-f:.]*$")
        is_within = cast(ConsentRow.remote_address, INET).op("<<=")(cast(network, INET))
        wanted.append(case((is_ipv6, is_within), else_=False))
    elif network:
        wanted.append(ConsentRow.remote_address == network)
    if subscription_id:
        wanted.append(ConsentRow.subscription_id == subscription_id)
    return session.scalars(select(func.count()).select_from(ConsentRow).where(*wanted)).one()
