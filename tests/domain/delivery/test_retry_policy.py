"""What each SMTP reply leads to, at each stage, and how long we wait before asking again."""

from datetime import timedelta

import pytest

from newsletter.domain.delivery.retry_policy import (
    RETRY_WINDOW,
    ReplyAction,
    ReplyDecision,
    back_off,
    decide_after_reply,
)
from newsletter.domain.delivery.smtp_reply import Reply, SmtpStage, parse_reply
from tests.cases import for_each

EVERY_STAGE = [pytest.param(stage, id=f"after {stage.name}") for stage in SmtpStage]
BEFORE_THE_MESSAGE = [
    pytest.param(stage, id=f"after {stage.name}")
    for stage in (SmtpStage.MAIL, SmtpStage.RCPT, SmtpStage.DATA)
]


def outcome(code: int, enhanced: str = "", stage: SmtpStage = SmtpStage.RCPT) -> ReplyDecision:
    return decide_after_reply(Reply(code=code, enhanced=enhanced, stage=stage), attempts=1)


@pytest.mark.parametrize("code", [250, 251, 252])
def test_a_message_that_was_taken_is_sent(code):
    assert outcome(code, stage=SmtpStage.END_OF_DATA) == ReplyDecision(action=ReplyAction.SENT)


@pytest.mark.parametrize("stage", BEFORE_THE_MESSAGE)
def test_a_yes_before_the_whole_message_sends_nothing_yet(stage):
    assert outcome(250, stage=stage).action is not ReplyAction.SENT


@for_each("stage", EVERY_STAGE)
@for_each(
    ("code", "enhanced"),
    [
        pytest.param(421, "", id="421 closing the channel"),
        pytest.param(421, "4.7.0", id="421 for too many connections"),
        pytest.param(450, "4.2.0", id="450 greylisted"),
        pytest.param(451, "4.7.1", id="451 greylisted by policy"),
        pytest.param(452, "4.2.2", id="452 full mailbox"),
        pytest.param(452, "5.1.1", id="452 whose enhanced code contradicts it"),
        pytest.param(552, "", id="552 which means too many recipients"),
        pytest.param(552, "5.2.2", id="552 full mailbox"),
    ],
)
def test_a_transient_refusal_is_tried_again_at_every_stage(code, enhanced, stage):
    expected = ReplyDecision(action=ReplyAction.RETRY, wait=back_off(1))

    assert outcome(code, enhanced, stage) == expected


@for_each("stage", EVERY_STAGE)
@for_each(
    "enhanced",
    [
        pytest.param("5.2.3", id="than the mailbox takes"),
        pytest.param("5.3.4", id="than the relay takes"),
    ],
)
def test_a_message_that_is_larger_fails_alone_and_for_good(enhanced, stage):
    assert outcome(552, enhanced, stage) == ReplyDecision(action=ReplyAction.FAILED)


@pytest.mark.parametrize("stage", BEFORE_THE_MESSAGE)
def test_a_connection_that_broke_before_the_message_is_tried_again(stage):
    assert outcome(0, stage=stage) == ReplyDecision(action=ReplyAction.RETRY, wait=back_off(1))


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(0, id="no answer at all"),
        pytest.param(150, id="a preliminary reply"),
        pytest.param(354, id="go ahead, once more"),
        pytest.param(650, id="a class that does not exist"),
        pytest.param(25, id="two digits"),
    ],
)
def test_after_the_whole_message_no_sensible_answer_is_uncertain_and_never_sent_twice(code):
    assert outcome(code, stage=SmtpStage.END_OF_DATA) == ReplyDecision(action=ReplyAction.UNCERTAIN)


@for_each("stage", [SmtpStage.RCPT, SmtpStage.DATA, SmtpStage.END_OF_DATA])
@for_each(
    ("enhanced", "is_dead"),
    [
        pytest.param("5.1.1", True, id="no such mailbox"),
        pytest.param("5.1.2", True, id="no such domain"),
        pytest.param("5.1.3", True, id="not an address"),
        pytest.param("5.1.6", True, id="moved away"),
        pytest.param("5.1.10", True, id="takes no mail"),
        pytest.param("", False, id="nothing said"),
        pytest.param("5.0.0", False, id="something or other"),
        pytest.param("5.1.0", False, id="something with the address"),
        pytest.param("5.1.11", False, id="a code that only begins like a dead one"),
        pytest.param("5.2.1", False, id="mailbox disabled"),
        pytest.param("5.2.2", False, id="mailbox full"),
        pytest.param("5.3.4", False, id="message too big"),
        pytest.param("5.70.1", False, id="a code that only begins like a policy"),
    ],
)
def test_a_refusal_for_good_fails_and_only_a_sure_one_buries_the_address(enhanced, is_dead, stage):
    assert outcome(550, enhanced, stage) == ReplyDecision(
        action=ReplyAction.FAILED, is_dead_address=is_dead
    )


@for_each("stage", EVERY_STAGE)
@for_each(
    ("code", "enhanced"),
    [
        pytest.param(553, "5.1.7", id="our address is malformed"),
        pytest.param(550, "5.1.8", id="our domain is unknown"),
        pytest.param(530, "", id="we have to log in"),
        pytest.param(534, "", id="our way to log in is too weak"),
        pytest.param(535, "", id="our password is wrong"),
        pytest.param(538, "", id="we have to encrypt"),
    ],
)
def test_a_refusal_of_us_stops_the_run_and_blames_no_reader(code, enhanced, stage):
    assert outcome(code, enhanced, stage) == ReplyDecision(action=ReplyAction.STOP)


@for_each("stage", [SmtpStage.RCPT, SmtpStage.DATA, SmtpStage.END_OF_DATA])
@for_each("enhanced", ["5.7.0", "5.7.1", "5.7.26", "5.7.509"])
def test_a_policy_behind_our_address_is_about_that_recipient_who_is_not_buried(enhanced, stage):
    assert outcome(550, enhanced, stage) == ReplyDecision(action=ReplyAction.FAILED)


@pytest.mark.parametrize("stage", EVERY_STAGE)
def test_an_address_beyond_ascii_that_the_relay_does_not_take_fails_alone(stage):
    assert outcome(553, "5.6.7", stage) == ReplyDecision(action=ReplyAction.FAILED)


@pytest.mark.parametrize("enhanced", ["", "5.1.1", "5.2.1", "5.7.1", "5.7.26"])
def test_a_refusal_of_our_own_address_never_buries_the_readers(enhanced):
    assert outcome(550, enhanced, SmtpStage.MAIL) == ReplyDecision(action=ReplyAction.STOP)


def test_waits_grow_and_then_stay():
    waits = [back_off(attempts) for attempts in range(1, 40)]

    assert waits == sorted(waits)
    assert waits[0] == timedelta(minutes=1)
    assert waits[-1] == timedelta(hours=1)


def test_several_attempts_are_made_in_the_first_half_hour_and_in_the_time_for_retrying():
    def attempts_within(limit: timedelta) -> int:
        made, passed = 1, back_off(1)
        while passed <= limit:
            made, passed = made + 1, passed + back_off(made + 1)
        return made

    assert attempts_within(timedelta(minutes=30)) >= 4
    assert attempts_within(RETRY_WINDOW) >= 8


def test_a_later_attempt_waits_longer():
    busy = Reply(code=451, stage=SmtpStage.RCPT)

    assert decide_after_reply(busy, attempts=3).wait == back_off(3) > back_off(1)


@for_each(
    ("code", "text", "enhanced", "said"),
    [
        pytest.param(550, "5.1.1 No such user", "5.1.1", "No such user", id="one line"),
        pytest.param(250, "2.0.0", "2.0.0", "", id="the code alone"),
        pytest.param(550, "5.1.1 No\n5.1.1 such user", "5.1.1", "No such user", id="each line"),
        pytest.param(550, "5.1.1 No\r\nsuch user", "5.1.1", "No such user", id="first line only"),
        pytest.param(550, "5.7.26  \tUnsigned", "5.7.26", "Unsigned", id="wide spaces"),
        pytest.param(550, "No such user", "", "No such user", id="no enhanced code"),
        pytest.param(550, "User 5.1.1 unknown", "", "User 5.1.1 unknown", id="in mid-text"),
        pytest.param(451, "5.1.1 later", "", "5.1.1 later", id="of another class than the reply"),
        pytest.param(550, "5.1.1.8 is banned", "", "5.1.1.8 is banned", id="an IP address"),
        pytest.param(550, "5.1.1234 x", "", "5.1.1234 x", id="too many digits"),
        pytest.param(0, "", "", "", id="no reply"),
        pytest.param(0, "5.1.1 x", "", "5.1.1 x", id="a broken connection with words"),
    ],
)
def test_the_enhanced_code_is_read_only_where_it_is_one(code, text, enhanced, said):
    reply = parse_reply(code, text, SmtpStage.RCPT)

    assert reply == Reply(code=code, enhanced=enhanced, text=said, stage=SmtpStage.RCPT)


def test_what_no_screen_shows_is_a_space():
    assert parse_reply(250, "5\0 k\x1b[2J\u202eept", SmtpStage.END_OF_DATA).text == "5  k [2J ept"


@pytest.mark.parametrize(
    ("reply", "shown"),
    [
        pytest.param(Reply(code=550, enhanced="5.1.1", text="No"), "550 5.1.1 No", id="whole"),
        pytest.param(Reply(code=550, text="No"), "550 No", id="without enhanced code"),
        pytest.param(Reply(code=0, text="timed out"), "timed out", id="without a reply"),
        pytest.param(Reply(code=0), "", id="without anything"),
    ],
)
def test_a_reply_reads_as_one_line(reply, shown):
    assert str(reply) == shown
