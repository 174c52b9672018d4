"""What a source or a newsletter writes is text, and no place for a reader's own values."""

from dataclasses import fields, replace
from typing import Any

import pytest

from newsletter.domain.articles.article import Article, Image
from newsletter.domain.digest.digest import Placement, Story
from newsletter.domain.editions.edition import Edition
from newsletter.errors import PreflightError
from newsletter.mail.content import render
from newsletter.mail.content.render import render_confirm, render_digest
from newsletter.mail.message.former_slots import restore_slots
from newsletter.mail.message.master_copy import compile_master
from newsletter.mail.message.transactional import build_transactional
from newsletter.mail.preflight import check_digest, check_email
from newsletter.mail.rendered import RenderedEmail, Slot, fill_slots
from tests.cases import for_each
from tests.mail.examples import (
    EVENING,
    SITE,
    article,
    digest,
    edition,
    frame,
    image,
    links,
    newsletter,
    part,
    recipient,
    story,
)

FORMER = "xSLOTxADDRESSx xSLOTxUNSUBSCRIBEx xslotx"
MARKS = "{{ address }} }} {{ {% if x %} %} {# #} ${address} {address} {0} %(address)s <%= x %>"
BAIT = {
    "the words of former slots": FORMER,
    "a template's marks": MARKS,
    "the slots themselves": "".join(Slot),
    "the slots in entities": "&#xFDD0; &#64977;",
    "the slots in a link's escapes": "%EF%B7%90%EF%B7%91",
    "a digest": "x" + "0" * 64 + "address",
    "the words of our footer": "unsubscribe: https://letters.example/unsubscribe/",
}
TEXTS = {
    Article: ("title", "source", "summary", "text", "section", "url", "authors"),
    Image: ("url", "alt", "caption", "credit"),
    Story: ("title", "summary", "section", "reason"),
}
NEWSLETTERS = ("name", "description", "sender_name", "publisher", "postal_address")


def baited(value, bait) -> Any:
    """The value with bait in every text field that a source could fill."""
    changes: dict[str, Any] = {}
    for name in TEXTS[type(value)]:
        old = getattr(value, name)
        if name == "url":
            changes[name] = f"{old}?x={bait}"
        else:
            changes[name] = (f"{bait} by",) if name == "authors" else f"{old} {bait}"
    return replace(value, **changes)


def bait_story(bait) -> Story:
    other = baited(article(id=2, url="https://cedar-daily.example/bridge"), bait)
    lead = baited(article(image=baited(image(), bait)), bait)
    told: Story = baited(story(lead=lead, others=(other,)), bait)
    return told


def bait_edition(bait) -> Edition:
    told = (
        replace(bait_story(bait), placement=Placement.LEAD),
        bait_story(bait),
        replace(bait_story(bait), placement=Placement.BRIEF),
    )
    return edition(subject=f"News {bait}"[:150], preheader=f"Also {bait}", stories=told)


@pytest.mark.parametrize("bait", BAIT.values(), ids=BAIT)
def test_a_readers_values_stand_in_our_footer_and_headers_only(bait):
    email = render_digest(bait_edition(bait), newsletter(), links())
    check_digest(email)
    plain = digest()
    master = compile_master(email, newsletter(), frame(subject=email.subject))

    for who in ("first@reader.example", "second@reader.example"):
        message = master.message(recipient(address=who, unsubscribe=f"token-of-{who[:5]}"))
        for shown, usual in (
            (part(message, "plain"), plain.text),
            (part(message, "html"), plain.html),
        ):
            assert shown.count(who) == usual.count(Slot.ADDRESS) == 1
            assert shown.count(f"token-of-{who[:5]}") == usual.count(Slot.UNSUBSCRIBE) == 1
            assert f"{SITE}/unsubscribe/token-of-{who[:5]}" in shown


@for_each("bait", BAIT.values(), ids=BAIT)
@for_each("field", NEWSLETTERS)
def test_a_newsletters_own_words_are_text(bait, field):
    product = newsletter(**{field: f"Evening {bait}"})
    email = render_digest(edition(), product, links())
    check_digest(email)
    seen = fill_slots(email, address="reader@reader.example", unsubscribe="token-1")

    assert (seen.html + seen.text).count("reader@reader.example") == 2
    assert (seen.html + seen.text).count("token-1") == 2
    asked = render_confirm(
        product, address="r@reader.example", confirm_url=f"{SITE}/c/1", site_url=SITE
    )
    check_email(asked)
    assert build_transactional(asked, product, to="r@reader.example", date=EVENING)


def test_marks_of_a_template_are_shown_as_they_were_written():
    told = story(title=MARKS, summary=FORMER)

    email = digest(stories=(told,), subject=MARKS)

    check_digest(email)
    assert MARKS in " ".join(email.text.split())
    assert FORMER in email.text
    assert email.subject == MARKS


def test_a_confirmation_mail_has_no_slots():
    product = newsletter(name=f"Evening {FORMER}{''.join(Slot)}")
    email = render_confirm(product, address="r@x.example", confirm_url=SITE, site_url=SITE)

    assert not set(Slot) & set(email.html + email.text + email.subject)
    assert FORMER.split(maxsplit=1)[0] in email.text


def test_a_long_name_does_not_stop_sign_up():
    product = newsletter(name="The Evening Ledger " * 30)

    check_email(render_confirm(product, address="r@x.example", confirm_url=SITE, site_url=SITE))


def test_the_same_edition_is_rendered_the_same():
    assert digest() == digest()


def test_no_name_of_a_slot_is_in_a_message():
    key = render._build_key(edition(), newsletter(), links(), "")

    assert key not in digest().html + digest().text


def test_a_slot_that_a_library_changed_fails_the_build(monkeypatch):
    monkeypatch.setattr(render, "inline", str.upper)

    with pytest.raises(PreflightError, match="has a name that is none"):
        digest()


@pytest.mark.parametrize("left", ["name }}", "{% raw %}{{ name }}{% endraw %}", "%} x"])
def test_a_template_that_shows_its_own_marks_fails_the_build(left, tmp_path, monkeypatch):
    (tmp_path / "confirm").mkdir()
    for name in ("subject.txt", "preheader.txt", "body.html", "body.txt"):
        (tmp_path / "confirm" / name).write_text(left if name == "body.txt" else "Yes?")
    monkeypatch.setattr(render, "templates", lambda _: tmp_path)
    monkeypatch.setattr(render, "_environment", render._environment.__wrapped__)

    with pytest.raises(PreflightError, match="not filled in"):
        render_confirm(newsletter(), address="r@x.example", confirm_url=SITE, site_url=SITE)


def test_what_was_frozen_before_keeps_its_own_slots_and_no_others():
    bait = "https://spy.example/?xSLOTxADDRESSx&xSLOTxUNSUBSCRIBEx"
    footer = "For xSLOTxADDRESSx: https://letters.example/unsubscribe/xSLOTxUNSUBSCRIBEx"
    email = RenderedEmail(
        subject="s", preheader="p", html=f"{bait}<p>{footer}</p>", text=bait + footer
    )

    restored = restore_slots(email)

    for one in (restored.html.removeprefix(bait), restored.text.removeprefix(bait)):
        assert f"For {Slot.ADDRESS}: " in one
        assert f"unsubscribe/{Slot.UNSUBSCRIBE}" in one
        assert "xSLOTx" not in one
    assert restore_slots(digest()) == digest()
    assert {one.name for one in fields(RenderedEmail)} == {"subject", "preheader", "html", "text"}
