"""A rendered email: what the content makes and a message takes."""

import re
from dataclasses import dataclass, replace
from enum import StrEnum


class Slot(StrEnum):
    """Stands for a recipient's own value in a master copy.

    Both are noncharacters (Unicode, 23.7), which are no text and are taken out of whatever a source
    wrote before our own are put in: decision 0015.
    """

    ADDRESS = "\ufdd0"
    UNSUBSCRIBE = "\ufdd1"


ANY_SLOT = re.compile(f"[{''.join(Slot)}]")


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailLinks:
    """The addresses in an email's frame; unsubscribe may hold a slot."""

    site: str
    web_version: str
    archive: str
    unsubscribe: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedEmail:
    """One email before MIME: html is inlined, text is written for its own sake."""

    subject: str
    preheader: str
    html: str
    text: str


def fill_slots(rendered: RenderedEmail, *, address: str, unsubscribe: str) -> RenderedEmail:
    """The email with its slots filled, to be looked at. Both values are plain text."""
    from markupsafe import escape

    values = {Slot.ADDRESS: address, Slot.UNSUBSCRIBE: unsubscribe}
    escaped = {slot: str(escape(value)) for slot, value in values.items()}
    return replace(
        rendered,
        html=ANY_SLOT.sub(lambda slot: escaped[Slot(slot[0])], rendered.html),
        text=ANY_SLOT.sub(lambda slot: values[Slot(slot[0])], rendered.text),
    )
