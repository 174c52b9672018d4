"""Master copies that were frozen before slots were noncharacters (decision 0015)."""

from dataclasses import replace

from newsletter.mail.rendered import ANY_SLOT, RenderedEmail, Slot

# The words that stood for a reader's own values. Any source could write them.
_FORMER = {"xSLOTxADDRESSx": Slot.ADDRESS, "xSLOTxUNSUBSCRIBEx": Slot.UNSUBSCRIBE}


def restore_slots(email: RenderedEmail) -> RenderedEmail:
    """Return the email with slots in the place of the words that stood for them.

    The last of each word is ours: the footer comes behind all that a source wrote. Any other is a
    source's, and stays the word that it is. An email that has slots is left alone.
    """
    if ANY_SLOT.search(email.html + email.text):
        return email
    return replace(email, html=_with_slots(email.html), text=_with_slots(email.text))


def _with_slots(part: str) -> str:
    for word, slot in _FORMER.items():
        before, found, behind = part.rpartition(word)
        part = f"{before}{slot}{behind}" if found else part
    return part
