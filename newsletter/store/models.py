"""The tables: models have no methods, times are timestamptz, a status is text with a check."""

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.domain.editions.edition import EditionStatus, HoldReason
from newsletter.domain.newsletter import ApprovalPolicy, TooFewStoriesPolicy, UncertainPolicy
from newsletter.domain.subscribers.subscription import EndReason, SubscriptionStatus
from newsletter.store.database.base import Base, key, one_of

# 48 random bits in hexadecimal digits: editions of one number in two databases do not share them.
_UID = text("substr(replace((gen_random_uuid())::text, '-', ''), 1, 12)")


class InstallationRow(Base):
    """One row, which tells this database from one made anew in its place (decision 0020)."""

    __tablename__ = "installation"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    uid: Mapped[str] = mapped_column(server_default=_UID)
    last_legacy_subscription: Mapped[int] = mapped_column(server_default=text("0"))
    last_legacy_edition: Mapped[int] = mapped_column(server_default=text("0"))


class NewsletterRow(Base):
    __tablename__ = "newsletter"
    __table_args__ = (
        one_of("approval_policy", ApprovalPolicy),
        one_of("too_few_stories_policy", TooFewStoriesPolicy),
        one_of("uncertain_policy", UncertainPolicy),
    )

    id: Mapped[int] = key()
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    description: Mapped[str]
    topic: Mapped[str]
    language: Mapped[str]
    zone: Mapped[str]
    sends_at: Mapped[time]
    days: Mapped[list[int]]
    compose_lead: Mapped[timedelta]
    grace: Mapped[timedelta]
    approval_policy: Mapped[str]
    min_stories: Mapped[int] = mapped_column(Integer)
    too_few_stories_policy: Mapped[str]
    max_stories: Mapped[int] = mapped_column(Integer)
    sender_name: Mapped[str]
    sender_address: Mapped[str]
    reply_to: Mapped[str]
    publisher: Mapped[str]
    postal_address: Mapped[str]
    uncertain_policy: Mapped[str] = mapped_column(server_default=text("'stop'"))
    max_refused: Mapped[float] = mapped_column(server_default=text("0.1"))
    created_at: Mapped[datetime]


class FeedRow(Base):
    __tablename__ = "feed"

    id: Mapped[int] = key()
    url: Mapped[str] = mapped_column(unique=True)
    source: Mapped[str]
    section: Mapped[str]
    language: Mapped[str]
    weight: Mapped[float]
    is_polled: Mapped[bool]  # false: read from a file by hand, never fetched by the beat
    etag: Mapped[str]
    last_modified: Mapped[str]
    failures: Mapped[int] = mapped_column(Integer)  # in a row; 0 after a success
    last_result: Mapped[str]  # what happened last time, in words
    entry_count: Mapped[int] = mapped_column(Integer)  # in the document read last
    due_at: Mapped[datetime]
    fetched_at: Mapped[datetime | None]
    succeeded_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class ArticleRow(Base):
    __tablename__ = "article"
    __table_args__ = (
        Index(None, "published_at"),
        Index(None, "collected_at"),
        Index(None, "feed_id", "guid"),
    )

    id: Mapped[int] = key()
    feed_id: Mapped[int | None] = mapped_column(ForeignKey("feed.id", ondelete="SET NULL"))
    url: Mapped[str]  # where a reader goes
    url_key: Mapped[str] = mapped_column(unique=True)  # what counts as the same address
    guid: Mapped[str]
    title: Mapped[str]
    summary: Mapped[str]
    html: Mapped[str]
    text: Mapped[str]
    source: Mapped[str]
    section: Mapped[str]
    language: Mapped[str]
    authors: Mapped[list[str]]
    image: Mapped[dict[str, Any] | None]
    position: Mapped[int] = mapped_column(Integer)
    weight: Mapped[float]
    fingerprint: Mapped[str]  # of what a reader would see; a change is an update
    published_at: Mapped[datetime]
    updated_at: Mapped[datetime | None]
    collected_at: Mapped[datetime]


class EditionRow(Base):
    __tablename__ = "edition"
    __table_args__ = (
        UniqueConstraint("newsletter_id", "on"),
        UniqueConstraint("newsletter_id", "number"),
        one_of("status", EditionStatus),
        one_of("hold", HoldReason),
        Index(
            None, "sends_at", postgresql_where=text("status IN ('draft', 'approved', 'sending')")
        ),
    )

    id: Mapped[int] = key()
    uid: Mapped[str] = mapped_column(server_default=_UID)  # "" if frozen before there were any
    newsletter_id: Mapped[int] = mapped_column(ForeignKey("newsletter.id"))
    on: Mapped[date]
    number: Mapped[int] = mapped_column(Integer)
    revision: Mapped[int] = mapped_column(Integer, server_default="1")  # raised by each change
    status: Mapped[str]
    hold: Mapped[str | None]
    reason: Mapped[str]
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    sends_at: Mapped[datetime]
    composed_at: Mapped[datetime]
    subject: Mapped[str]
    preheader: Mapped[str]
    decided_by: Mapped[str]
    released_at: Mapped[datetime | None]  # when a person let it go after its minute
    frozen_at: Mapped[datetime | None]
    deadline_at: Mapped[datetime | None]  # what has not left by then never does
    sent_at: Mapped[datetime | None]


class StoryRow(Base):
    __tablename__ = "story"
    __table_args__ = (UniqueConstraint("edition_id", "position"),)

    id: Mapped[int] = key()
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(Integer)
    title: Mapped[str]
    summary: Mapped[str]
    section: Mapped[str]
    placement: Mapped[str]
    label: Mapped[str]
    score: Mapped[float]
    reason: Mapped[str]
    follows_edition_of: Mapped[date | None]  # the last edition that told its beginning


class DecisionRow(Base):
    """Every article of an edition's window, in or out; is_lead marks the one its story shows."""

    __tablename__ = "decision"
    __table_args__ = (Index(None, "article_id", postgresql_where=text("is_in")),)

    edition_id: Mapped[int] = mapped_column(
        ForeignKey("edition.id", ondelete="CASCADE"), primary_key=True
    )
    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"), primary_key=True)
    story_id: Mapped[int | None] = mapped_column(
        ForeignKey("story.id", ondelete="CASCADE"), index=True
    )
    is_in: Mapped[bool]
    is_lead: Mapped[bool]
    score: Mapped[float]
    reason: Mapped[str]


class MasterCopyRow(Base):
    """An edition's frozen, inlined text with slots for the recipient."""

    __tablename__ = "master_copy"

    edition_id: Mapped[int] = mapped_column(
        ForeignKey("edition.id", ondelete="CASCADE"), primary_key=True
    )
    subject: Mapped[str]
    preheader: Mapped[str]
    html: Mapped[str]
    text: Mapped[str]
    created_at: Mapped[datetime]


class SubscriberRow(Base):
    __tablename__ = "subscriber"

    id: Mapped[int] = key()
    address: Mapped[str]  # as written by its owner
    address_key: Mapped[str] = mapped_column(unique=True)  # what counts as the same address
    name: Mapped[str]
    language: Mapped[str]
    zone: Mapped[str]
    created_at: Mapped[datetime]


class SubscriptionRow(Base):
    __tablename__ = "subscription"
    __table_args__ = (
        UniqueConstraint("newsletter_id", "subscriber_id"),
        one_of("status", SubscriptionStatus),
        one_of("reason", EndReason),
        Index(None, "newsletter_id", postgresql_where=text("status = 'confirmed'")),
    )

    id: Mapped[int] = key()
    newsletter_id: Mapped[int] = mapped_column(ForeignKey("newsletter.id"))
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscriber.id", ondelete="CASCADE"))
    status: Mapped[str]
    reason: Mapped[str | None]
    requested_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    paused_until: Mapped[datetime | None]  # no edition that is planned before then


class ConsentRow(Base):
    """Evidence: what was asked or said, when, how, and from where.

    It is only ever added to; of a request whose mail did not leave it is taken back.
    """

    __tablename__ = "consent"

    id: Mapped[int] = key()
    subscription_id: Mapped[int] = mapped_column(
        ForeignKey("subscription.id", ondelete="CASCADE"), index=True
    )
    event: Mapped[str]
    channel: Mapped[str]  # form, import, one-click, page, command line
    remote_address: Mapped[str]
    at: Mapped[datetime]


class SuppressionRow(Base):
    """An address that may not be mailed. Its hash is enough, and outlives its erasure."""

    __tablename__ = "suppression"

    address_hash: Mapped[bytes] = mapped_column(primary_key=True)
    reason: Mapped[str]
    created_at: Mapped[datetime]


class JobRunRow(Base):
    """When each scheduled job last ran to its end: a watchdog sees the one that did not."""

    __tablename__ = "job_run"

    job: Mapped[str] = mapped_column(primary_key=True)
    ran_at: Mapped[datetime]
    message: Mapped[str]
