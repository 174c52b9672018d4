"""What the tables are made with."""

from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    Float,
    Identity,
    Interval,
    LargeBinary,
    MetaData,
    SmallInteger,
    Text,
    Time,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """What every table shares: names of constraints, and PostgreSQL's type for each of ours."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {
        str: Text,
        int: BigInteger,
        datetime: DateTime(timezone=True),
        date: Date,
        time: Time,
        timedelta: Interval,
        float: Float,
        bool: Boolean,
        bytes: LargeBinary,
        list[str]: ARRAY(Text),
        list[int]: ARRAY(SmallInteger),
        dict[str, Any]: JSONB,
    }


def one_of(column: str, members: type) -> CheckConstraint:
    """The check that the column holds one of the words of an enumeration."""
    words = ", ".join(f"'{member.value}'" for member in members)  # type: ignore[attr-defined]
    return CheckConstraint(f"{column} IN ({words})", name=column)


def key() -> Mapped[int]:
    """A number of its own for each row."""
    return mapped_column(BigInteger, Identity(always=True), primary_key=True)
