"""A relay's refusals that mean something else than they look like, and links broken on the way."""

from datetime import timedelta

import pytest

from newsletter.domain.delivery.retry_policy import ReplyAction, ReplyDecision, decide_after_reply
from newsletter.domain.delivery.smtp_reply import Reply, SmtpStage
from newsletter.domain.signed_token import sign_token, verify_token
from newsletter.errors import InputError
from tests.cases import for_each

KEY = b"a key of the test"
TOKEN = sign_token("unsubscribe", 12, 345, key=KEY)


@for_each("stage", list(SmtpStage))
@for_each(
    ("enhanced", "next_"),
    [
        pytest.param("5.7.0", ReplyAction.FAILED, id="a policy"),
        pytest.param("5.7.1", ReplyAction.FAILED, id="our mail is not wanted"),
        pytest.param("", ReplyAction.RETRY, id="nothing more said"),
        pytest.param("5.2.2", ReplyAction.RETRY, id="a full mailbox"),
        pytest.param("5.70.1", ReplyAction.RETRY, id="a code that only begins like a policy"),
    ],
)
def test_552_is_tried_again_unless_it_is_a_policy(stage, enhanced, next_):
    if next_ is ReplyAction.FAILED and stage is SmtpStage.MAIL:  # before any recipient is named
        next_ = ReplyAction.STOP
    reply = Reply(code=552, enhanced=enhanced, text="No", stage=stage)

    wait = timedelta(minutes=1) if next_ is ReplyAction.RETRY else None
    assert decide_after_reply(reply, attempts=1) == ReplyDecision(action=next_, wait=wait)


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(f"\ud800{TOKEN}", id="before it"),
        pytest.param(f"\udfff{TOKEN[1:]}", id="for its first letter"),
        pytest.param(f"{TOKEN[:5]}\udce9{TOKEN[6:]}", id="within, as of an undecodable byte"),
        pytest.param(f"{TOKEN}\ud800", id="behind it"),
        pytest.param("\ud800.12.345", id="for the whole proof"),
    ],
)
def test_half_a_character_in_a_link_is_refused_in_words(token):
    with pytest.raises(InputError, match="not complete"):
        verify_token(token, "unsubscribe", KEY)
