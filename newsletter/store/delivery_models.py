"""The ledger's tables: deliveries by month, the batches they are claimed in, permits to send."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.store.database.base import Base, one_of


class DeliveryRow(Base):
    """Partitioned by month: an old month is dropped whole. No foreign keys: they cost more than the
    rest of a row, and a delivery outlives its subscriber.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        one_of("status", DeliveryStatus),
        # No status in it: a row that is settled stays where it is (HOT).
        Index(None, "edition_id", "batch", "subscriber_id"),
        {"postgresql_partition_by": "RANGE (month)"},
    )

    month: Mapped[date] = mapped_column(primary_key=True)  # of the edition's date, its first day
    edition_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    subscriber_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    batch: Mapped[int] = mapped_column(Integer)
    status: Mapped[str]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    reply_code: Mapped[int | None] = mapped_column(Integer)
    reply: Mapped[str] = mapped_column(server_default=text("''"))
    settled_at: Mapped[datetime | None]
    is_repeat: Mapped[bool] = mapped_column(server_default=text("false"))  # put back when uncertain


class BatchRow(Base):
    """Some hundred deliveries of one zone that one worker claims at once, counted by state.

    The counts stay when the deliveries themselves are dropped.
    """

    __tablename__ = "delivery_batch"
    __table_args__ = (
        Index(None, "lease_ends_at", postgresql_where=text("lease_ends_at IS NOT NULL")),
        {"postgresql_with": {"fillfactor": 50}},  # its counts change often, and stay in place (HOT)
    )

    edition_id: Mapped[int] = mapped_column(
        ForeignKey("edition.id", ondelete="CASCADE"), primary_key=True
    )
    batch: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    month: Mapped[date]
    due_at: Mapped[datetime]  # when the first that is queued is
    lease_ends_at: Mapped[datetime | None]  # somebody has it until then
    fence: Mapped[int] = mapped_column(server_default=text("0"))  # grows with each claim
    # The subscribers whose messages its worker may have begun, and that are not settled.
    window_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default=text("'{}'"))
    queued: Mapped[int] = mapped_column(Integer)
    deferred: Mapped[int] = mapped_column(Integer, server_default=text("0"))  # queued after a try
    sent: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    failed: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    uncertain: Mapped[int] = mapped_column(Integer, server_default=text("0"))


# Rows that change several times a second, and stay in place (HOT).
_CHANGES_OFTEN = {"postgresql_with": {"fillfactor": 50}}


class SendPermitRow(Base):
    """The bucket of a provider that throttled us, or of the whole service ('*')."""

    __tablename__ = "send_permit"
    __table_args__ = (_CHANGES_OFTEN,)

    name: Mapped[str] = mapped_column(primary_key=True)
    level: Mapped[float] = mapped_column(server_default=text("0"))  # permits that nobody holds
    refilled_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    rate: Mapped[float | None]  # messages a second just after it throttled us
    rate_before: Mapped[float | None]  # just before
    throttled_at: Mapped[datetime | None]
    # Of the whole service: what send_day has in all.
    day_count: Mapped[int] = mapped_column(server_default=text("0"))


class SendRunRow(Base):
    """A run that shares the permits, with the names for which it waits.

    recent is how many permits it drew of each lately; what is a second old counts half.
    """

    __tablename__ = "send_run"
    __table_args__ = (_CHANGES_OFTEN,)

    name: Mapped[str] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime]
    waiting: Mapped[list[str]]
    recent: Mapped[dict[str, Any]]


class SendDayRow(Base):
    """How many messages were begun in each five minutes of the last day."""

    __tablename__ = "send_day"
    __table_args__ = (_CHANGES_OFTEN,)

    began_at: Mapped[datetime] = mapped_column(primary_key=True)
    count: Mapped[int]
