"""Which replies slow a provider, the whole service, or nobody: as real servers word them."""

import pytest

from newsletter.domain.delivery.smtp_reply import Reply, SmtpStage, parse_reply
from newsletter.domain.throttling.throttle_replies import ThrottleScope, throttle_scope
from tests.cases import for_each

# From Google's list of SMTP errors, Yahoo's and Microsoft's postmaster pages, and what senders
# report; addresses are of RFC 5737.
PROVIDER = [
    pytest.param(
        421,
        "4.7.28 [192.0.2.1] Our system has detected an unusual rate of\n4.7.28 unsolicited mail "
        "originating from your IP address. To protect our users from spam, mail sent from your IP "
        "address has been temporarily rate limited.",
        id="Gmail, unusual rate",
    ),
    pytest.param(421, "4.7.0 Try again later, closing connection. - gsmtp", id="Gmail, later"),
    pytest.param(421, "4.4.5 Server busy, try again later.", id="Gmail, busy"),
    pytest.param(
        421,
        "4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or "
        "user complaints - 4.16.55.1",
        id="Yahoo TSS04",
    ),
    pytest.param(421, "4.7.1 [TS03] All messages from 192.0.2.1 will be deferred", id="Yahoo TS03"),
    pytest.param(
        421,
        "RP-001 (SNT004-MC1F1) Unfortunately, some messages from 192.0.2.1 weren't sent. Please "
        "try again. We have limits for how many messages can be sent per hour and per day.",
        id="Outlook RP-001",
    ),
    pytest.param(
        451,
        "4.7.500 Server busy. Please try again later from [192.0.2.1]. (S77719)",
        id="Outlook busy",
    ),
    pytest.param(
        451,
        "4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP "
        "reputation. (S775)",
        id="Outlook by reputation",
    ),
    pytest.param(
        451,
        "4.7.652 The mail server [192.0.2.1] has exceeded the maximum number of connections.",
        id="Outlook connections",
    ),
    pytest.param(
        421,
        "mwinf5c04 ME Trop de connexions, veuillez verifier votre configuration. Too many "
        "connections, slow down. OFR004_104 [104]",
        id="Orange OFR004_104",
    ),
    pytest.param(421, "Service refuse. Veuillez essayer plus tard. OFR_999", id="Orange OFR_999"),
    pytest.param(421, "4.1.0 192.0.2.1 Throttled - try again later. RL000001", id="Comcast"),
    pytest.param(450, "Connection frequency limited", id="QQ"),
    pytest.param(452, "4.3.2 Connection rate limit exceeded.", id="Sendmail rate"),
    pytest.param(421, "4.3.2 Too many open connections.", id="Sendmail connections"),
    pytest.param(421, "4.7.0 mx.example Error: too many connections from 192.0.2.1", id="Postfix"),
    pytest.param(450, "4.7.1 Error: too much mail from 192.0.2.1", id="Postfix, too much mail"),
    pytest.param(452, "4.3.1 Insufficient system storage", id="the server's disk is full"),
    pytest.param(421, "", id="a bare 421"),
    pytest.param(421, "4.3.0 Temporary System Problem. Try again later.", id="a 421 of any kind"),
]
NOTHING = [
    pytest.param(450, "4.2.0 <a@mail.example>: Recipient address rejected: Greylisted", id="grey"),
    pytest.param(451, "4.7.1 Greylisting in action, please come back later", id="grey by policy"),
    pytest.param(451, "4.7.1 Sorry, the service is currently unavailable. Come back later", id="Y"),
    pytest.param(451, "4.7.1 Try again later", id="no word of any rate"),
    pytest.param(421, "4.7.1 Graylisted, retry in 300 seconds", id="grey with a 421"),
    pytest.param(452, "4.2.2 The email account that you tried to reach is over quota.", id="full"),
    pytest.param(452, "Mailbox full", id="full, in words only"),
    pytest.param(
        450,
        "4.2.1 The user you are trying to contact is receiving mail at a rate that prevents "
        "additional messages from being delivered.",
        id="Gmail, one mailbox gets too much from everybody",
    ),
    pytest.param(452, "4.5.3 Too many recipients", id="one message for too many"),
    pytest.param(451, "4.3.0 Temporary lookup failure", id="one address that cannot be looked up"),
    pytest.param(421, "4.4.2 Timeout - closing connection.", id="a connection that said nothing"),
    pytest.param(421, "Too many messages in this connection", id="a connection's share is used"),
    pytest.param(421, "4.7.0 Too many messages per SMTP session", id="likewise"),
    pytest.param(421, "4.3.2 mx.example Service shutting down", id="a restart"),
    pytest.param(
        421, "4.3.2 Service not available, closing transmission channel", id="RFC 5321's restart"
    ),
    pytest.param(550, "5.7.1 Rate limited", id="refused for good"),
    pytest.param(250, "2.0.0 Queued, your rate is fine", id="taken"),
    pytest.param(0, "Connection reset: too many", id="no reply at all"),
]
SERVICE = [
    pytest.param(454, "Throttling failure: Maximum sending rate exceeded", id="SES rate"),
    pytest.param(454, "Throttling failure: Daily message quota exceeded", id="SES day"),
    pytest.param(450, "4.2.1 Peak SMTP relay limit exceeded for customer.", id="Google's relay"),
    pytest.param(451, "You've exceeded your messaging limits", id="SendGrid"),
    pytest.param(432, "4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded", id="Exchange"),
]


def whom(code: int, text: str, stage: SmtpStage = SmtpStage.END_OF_DATA) -> ThrottleScope:
    return throttle_scope(parse_reply(code, text, stage))


@for_each(("code", "text"), PROVIDER)
def test_a_word_about_rate_volume_or_load_slows_the_provider(code, text):
    assert whom(code, text) is ThrottleScope.PROVIDER
    assert whom(code, text, SmtpStage.RCPT) is ThrottleScope.PROVIDER


@for_each(("code", "text"), NOTHING)
def test_what_is_about_one_message_mailbox_or_connection_slows_nobody(code, text):
    assert [whom(code, text, stage) for stage in SmtpStage] == [ThrottleScope.NOTHING] * 4


@pytest.mark.parametrize(("code", "text"), SERVICE)
def test_what_our_own_account_exceeds_slows_everything(code, text):
    assert [whom(code, text, stage) for stage in SmtpStage] == [ThrottleScope.SERVICE] * 4


def test_before_any_reader_was_named_it_is_about_us():
    assert throttle_scope(Reply(code=421, stage=SmtpStage.MAIL)) is ThrottleScope.SERVICE
