"""Whom a refusal for good is about, and when many of them are about us."""

import pytest

from newsletter.domain.delivery.refusal_scope import (
    SEVERAL_PROVIDERS,
    SEVERAL_RECIPIENTS,
    RefusalScope,
    RefusalStreak,
    refusal_scope,
)
from newsletter.domain.delivery.smtp_reply import Reply, SmtpStage
from tests.cases import for_each

US, UNCLEAR, MESSAGE = RefusalScope.US, RefusalScope.UNCLEAR, RefusalScope.MESSAGE
# What relays say to RCPT or to a message, with where it was seen.
REFUSALS = [
    pytest.param(550, "5.7.1", "Relaying denied", UNCLEAR, id="Sendmail, relaying"),
    pytest.param(554, "5.7.1", "<r@x>: Relay access denied", UNCLEAR, id="Postfix, relaying"),
    pytest.param(550, "", "relay not permitted", UNCLEAR, id="Exim, relaying"),
    pytest.param(
        553,
        "",
        "sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
        UNCLEAR,
        id="qmail, relaying",
    ),
    pytest.param(550, "5.7.64", "TenantAttribution; Relay Access Denied", UNCLEAR, id="Exchange"),
    pytest.param(550, "5.7.26", "Unauthenticated email is not accepted", UNCLEAR, id="DMARC"),
    pytest.param(550, "5.7.515", "Access denied, sending domain", UNCLEAR, id="Outlook"),
    pytest.param(
        554, "5.7.1", "Client host [192.0.2.1] blocked using a list", UNCLEAR, id="a blocklist"
    ),
    pytest.param(
        554,
        "",
        "Your access to this mail system has been rejected due to the sending MTA's poor "
        "reputation",
        UNCLEAR,
        id="a reputation",
    ),
    pytest.param(
        504,
        "5.5.2",
        "<web1>: Helo command rejected: need fully-qualified hostname",
        UNCLEAR,
        id="Postfix, our name",
    ),
    pytest.param(
        550, "", "<web1>: Helo command rejected: Host not found", UNCLEAR, id="our name, in words"
    ),
    pytest.param(
        550,
        "5.1.0",
        "<e@x>: Sender address rejected: User unknown",
        UNCLEAR,
        id="our address",
    ),
    pytest.param(553, "5.7.1", "<e@x>: Sender address rejected: not owned", UNCLEAR, id="sender"),
    pytest.param(550, "", "Administrative prohibition", UNCLEAR, id="Exim, a policy"),
    pytest.param(552, "5.3.4", "Message too big for system", UNCLEAR, id="a size, at last"),
    pytest.param(550, "5.1.8", "Bad sender's system address", US, id="our domain"),
    pytest.param(530, "5.7.0", "Authentication required", US, id="no password"),
    pytest.param(535, "5.7.8", "Credentials invalid", US, id="a wrong password"),
    pytest.param(550, "5.1.1", "User unknown in relay recipient table", MESSAGE, id="nobody"),
    pytest.param(550, "", "No such user here: relay says so", MESSAGE, id="nobody, in words"),
    pytest.param(550, "5.2.1", "Account blocked", MESSAGE, id="a mailbox"),
    pytest.param(550, "", "Requested action not taken", MESSAGE, id="nothing said"),
    pytest.param(553, "5.6.7", "Address not permitted", MESSAGE, id="an address beyond ASCII"),
]


@for_each("stage", [SmtpStage.RCPT, SmtpStage.DATA, SmtpStage.END_OF_DATA])
@for_each(("code", "enhanced", "text", "scope"), REFUSALS)
def test_whom_a_refusal_is_about(code, enhanced, text, scope, stage):
    reply = Reply(code=code, enhanced=enhanced, text=text, stage=stage)

    assert refusal_scope(reply) is scope


@pytest.mark.parametrize("enhanced", ["", "5.7.1", "5.1.1", "5.7.26"])
def test_before_any_recipient_is_named_a_refusal_is_about_us(enhanced):
    assert refusal_scope(Reply(code=550, enhanced=enhanced, stage=SmtpStage.MAIL)) is US


def test_several_recipients_of_several_providers_in_a_row_have_only_us_in_common():
    streak = RefusalStreak()
    counts = []
    for number in range(SEVERAL_RECIPIENTS):
        counts.append(streak.is_about_us)
        streak.add(f"provider{number % SEVERAL_PROVIDERS}")

    assert counts == [False] * SEVERAL_RECIPIENTS
    assert streak.is_about_us


def test_many_of_fewer_providers_are_about_these():
    streak = RefusalStreak()
    for number in range(100):
        streak.add(f"provider{number % (SEVERAL_PROVIDERS - 1)}")

    assert not streak.is_about_us


def test_once_something_was_taken_it_begins_anew():
    streak = RefusalStreak()
    for number in range(SEVERAL_RECIPIENTS):
        streak.add(f"provider{number}")
    streak.end()
    streak.add("another")

    assert (streak.recipients, streak.is_about_us) == (1, False)
