"""DKIM signatures, as another program verifies them: good as sent, broken by what matters."""

import hashlib
import random
import re

import pytest

from newsletter.mail.content.render import render_confirm
from newsletter.mail.message.dkim import Algorithm, dns_name, dns_record, relaxed
from newsletter.mail.message.master_copy import CompiledMaster, compile_master
from newsletter.mail.message.transactional import build_transactional
from newsletter.mail.rendered import RenderedEmail, Slot
from tests.cases import for_each
from tests.mail.examples import EVENING, digest, frame, newsletter, read, recipient, unfit_lines
from tests.mail.keys import DOMAIN, signer, verdicts

KINDS = ["ed25519", "rsa"]
ARABIC = "عبرت أولى السيارات الجسر ظهرا\n" * 40
ENGLISH = "The first cars crossed the bridge at noon.\n" * 40


def email(prose: str) -> RenderedEmail:
    text = f"{prose}{Slot.ADDRESS} {prose}{Slot.UNSUBSCRIBE}\n"
    return RenderedEmail(subject="A bridge", preheader="", html=f"<p>{text}</p>", text=text)


def master(*kinds: str, prose: str = ENGLISH, **fields) -> CompiledMaster:
    return compile_master(email(prose), newsletter(**fields), frame(), tuple(map(signer, kinds)))


def signature(message: bytes) -> dict[str, str]:
    """The first signature's tags, without white space in their values."""
    value = re.sub(r"\s", "", read(message)["DKIM-Signature"])
    return dict(tag.split("=", 1) for tag in value.split(";"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("prose", "encoding"),
    [
        pytest.param(ENGLISH, b"quoted-printable", id="quoted-printable"),
        pytest.param(ARABIC, b"base64", id="base64"),
    ],
)
def test_a_signature_is_good_whatever_the_lengths_of_the_values(kind, prose, encoding):
    one, rng = master(kind, prose=prose), random.Random(6376)
    for length in (*range(1, 65, 3), 64):
        who = recipient(
            address="m" * length + "@reader.example",
            name="".join(rng.choices("abcنوé,\"  '", k=rng.randint(0, 60))),
            unsubscribe="t" * rng.randint(1, 300),
        )

        message = one.message(who)

        assert message.count(b"Content-Transfer-Encoding: " + encoding) == 2
        assert verdicts(message, [signer(kind)]) == [True], who
        assert unfit_lines(message) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_real_edition_is_signed(kind):
    for language in ("en", "ar"):
        product = newsletter(language=language, name="دفتر المساء", reply_to="desk@letters.example")
        one = compile_master(digest(product), product, frame(), (signer(kind),))

        assert verdicts(one.message(recipient(name="Nour")), [signer(kind)]) == [True]


def test_two_keys_sign_side_by_side_and_neither_needs_the_other():
    both = signer("ed25519", "new"), signer("rsa", "old")

    message = compile_master(email(ENGLISH), newsletter(), frame(), both).message(recipient())

    assert verdicts(message, both) == [True, True]
    assert verdicts(message, both[:1]) == [True, False]
    assert verdicts(message, both[1:]) == [False, True]


def test_without_a_key_nothing_is_signed_and_with_one_nothing_else_changes():
    bare, signed = (master(*kinds).message(recipient()) for kinds in ((), ("ed25519",)))

    assert b"DKIM-Signature" not in bare
    assert signed.startswith(b"DKIM-Signature: ")
    assert signed.endswith(bare)


@for_each("kind", KINDS)
@for_each(
    ("old", "new"),
    [
        pytest.param(b"=One-Click", b"=One-Clock", id="List-Unsubscribe-Post"),
        pytest.param(b"unsubscribe/token-41", b"unsubscribe/token-42", id="List-Unsubscribe"),
        pytest.param(b"Subject: A bridge", b"Subject: A ridge", id="Subject"),
        pytest.param(b"From: The", b"From: A", id="From"),
        pytest.param(b"To: mira@", b"To: nour@", id="To"),
        pytest.param(b"Date: Tue", b"Date: Wed", id="Date"),
        pytest.param(b"Message-ID: <7.41", b"Message-ID: <7.42", id="Message-ID"),
        pytest.param(b"List-Id: evening", b"List-Id: morning", id="List-Id"),
        pytest.param(b"Feedback-ID: 7", b"Feedback-ID: 8", id="Feedback-ID"),
        pytest.param(b"multipart/alternative", b"multipart/mixed", id="Content-Type"),
        pytest.param(b"MIME-Version: 1.0", b"MIME-Version: 1.1", id="MIME-Version"),
        pytest.param(b"crossed the bridge", b"crossed the border", id="the text"),
        pytest.param(b"--\r\n", b"--\r\n\r\nMore.\r\n", id="more behind the end"),
        pytest.param(b"s=evening", b"s=morning", id="another key's name"),
        pytest.param(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", b"", id="no Post"),
    ],
)
def test_whoever_alters_it_breaks_the_signature(kind, old, new):
    message = master(kind).message(recipient())
    assert old in message

    altered = message.replace(old, new)

    assert verdicts(altered, [signer(kind)]) == [False]


@for_each(
    "field",
    [
        pytest.param(f"{name}: another\r\n".encode(), id=name)
        for name in (
            *("From", "To", "Cc", "Subject", "Date", "Reply-To", "Message-ID", "MIME-Version"),
            *("Content-Type", "List-Unsubscribe", "List-Unsubscribe-Post"),
        )
    ],
)
def test_a_field_put_beside_the_signed_one_breaks_the_signature(field):
    message = master("ed25519").message(recipient())

    head, _, body = message.partition(b"\r\n\r\n")
    for altered in (field + message, head + b"\r\n" + field + b"\r\n" + body):
        assert verdicts(altered, [signer("ed25519")]) == [False]


@pytest.mark.parametrize("kind", KINDS)
def test_what_relays_do_on_the_way_leaves_it_good(kind):
    message = master(kind).message(recipient(name="Nour Saab"))

    received = b"Received: from relay.example by mx.example; Tue, 3 Mar 2026 18:00:01 +0000\r\n"
    altered = received + message.replace(b"\r\nSubject: ", b"\r\nSUBJECT:   ")
    altered = altered.replace(b"To: Nour ", b"To:  Nour\r\n\t")
    altered += b"\r\n\r\n"

    assert altered != received + message
    assert verdicts(altered, [signer(kind)]) == [True]


def test_every_field_of_the_header_is_signed():
    message = master("rsa", reply_to="desk@letters.example").message(recipient())

    names = [name for name, _ in read(message).items() if name != "DKIM-Signature"]
    assert set(names) <= set(signature(message)["h"].split(":"))
    assert len(names) == 17


def test_the_signature_says_which_algorithm_key_and_domain():
    tags = signature(master("ed25519").message(recipient()))

    assert tags["v"] == "1"
    assert tags["a"] == "ed25519-sha256"
    assert tags["c"] == "relaxed/simple"
    assert (tags["s"], tags["d"]) == ("evening", DOMAIN)


def test_a_key_may_be_of_another_domain_than_the_sender():
    elsewhere = signer("ed25519", "k1", "press.example")

    message = compile_master(email(ENGLISH), newsletter(), frame(), (elsewhere,)).message(
        recipient()
    )

    assert signature(message)["d"] == "press.example"
    assert verdicts(message, [elsewhere]) == [True]


@pytest.mark.parametrize("kind", KINDS)
def test_a_signature_is_folded_as_every_field_is(kind):
    message = master(kind, prose=ARABIC).message(recipient())

    head, _, _ = message.partition(b"\r\n\r\n")
    assert max(map(len, head.split(b"\r\n"))) <= 78


@pytest.mark.parametrize("kind", KINDS)
def test_a_signed_message_is_made_again_byte_for_byte(kind):
    assert master(kind).message(recipient()) == master(kind).message(recipient())


@pytest.mark.parametrize("kind", KINDS)
def test_an_address_beyond_ascii_is_signed_as_it_stands(kind):
    message = master(kind).message(recipient(address="نور@بريد.example", name="نور"))

    assert verdicts(message, [signer(kind)]) == [True]


@pytest.mark.parametrize("kind", KINDS)
def test_a_letter_is_signed_too(kind):
    mail = render_confirm(newsletter(), address="m@r.example", confirm_url="", site_url="")

    message = build_transactional(
        mail, newsletter(), to="mira@reader.example", date=EVENING, signers=(signer(kind),)
    )

    assert verdicts(message, [signer(kind)]) == [True]
    assert verdicts(message.replace(b"To: mira", b"To: nour"), [signer(kind)]) == [False]


def test_a_record_has_a_name_and_a_text():
    ed25519, rsa = signer("ed25519"), signer("rsa", domain="press.example")

    assert dns_name(ed25519, DOMAIN) == "evening._domainkey.letters.example"
    assert dns_name(rsa, DOMAIN) == "evening._domainkey.press.example"
    assert re.fullmatch(r"v=DKIM1; k=ed25519; p=[\w+/]{43}=", dns_record(ed25519))
    assert re.fullmatch(r"v=DKIM1; k=rsa; p=MII[\w+/]+=*", dns_record(rsa))


def test_a_signer_shows_nothing_of_its_key():
    assert "sign" not in repr(signer("rsa")).replace("Signer", "")
    assert signer("ed25519").algorithm is Algorithm.ED25519


def test_relaxed_fields_are_those_of_rfc_6376():
    # Its example in 3.4.5.
    assert relaxed(b"A: X\r\nB : Y\t\r\n\tZ  \r\n") == [("A", b"a:X"), ("B", b"b:Y Z")]


def test_an_ed25519_signature_is_of_the_hash_as_rfc_8463_says():
    one = signer("ed25519")
    digest_of_it = hashlib.sha256(b"anything").digest()

    assert one.sign(digest_of_it) == one.sign(digest_of_it)
    assert len(one.sign(digest_of_it)) == 64
