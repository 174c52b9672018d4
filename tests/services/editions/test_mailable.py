"""From a hostile feed to two readers' mail: what it wrote is text, or out with a reason."""

import json
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime

import pytest
from sqlalchemy import text

from newsletter.domain.editions.edition import Edition, EditionStatus, HoldReason
from newsletter.domain.newsletter import TooFewStoriesPolicy
from newsletter.errors import InvalidStateError
from newsletter.mail.content import render
from newsletter.services.collection.collect import collect
from newsletter.services.editions import render as editions_render
from newsletter.services.editions.compose import compose
from newsletter.services.editions.export import to_document
from newsletter.services.sending.deliver import deliver
from newsletter.services.sending.dispatch import dispatch, send_now
from newsletter.services.sending.test_message import send_test
from newsletter.store.editions import editions, newsletters
from newsletter.web.dependencies import AppState
from newsletter.web.editor.editions import View, edition_page
from newsletter.web.editor.editions import mail as mail_page
from tests.services.worlds import (
    AMMAN,
    BAGHDAD,
    BEIRUT,
    CAIRO,
    composed,
    edition_of,
    news,
    polled,
    readers,
)

HOUR = timedelta(hours=1)
FORMER = "xSLOTxADDRESSx.xSLOTxUNSUBSCRIBEx"
BAIT = f"{FORMER} {{{{ address }}}} }}}} {{% if %}} {{# #}} &#xFDD0;&#xFDD1;\ufdd0\ufdd1 {{0}} %s"
IN_XML = BAIT.replace("&", "&amp;").replace("\ufdd0", "&#xFDD0;").replace("\ufdd1", "&#xFDD1;")
IN_URL = f"?a={FORMER}&amp;b=%EF%B7%90&amp;c={{{{address}}}}"


def as_rss(headline, url, at) -> str:
    return f"""<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"
    xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Post {IN_XML}</title>
    <link>{url}</link><language>en</language><item><title>{headline} {IN_XML}</title>
    <link>{url}{IN_URL}</link><guid>{url}{IN_URL}</guid><dc:creator>{IN_XML}</dc:creator>
    <category>{IN_XML}</category><description>{headline}, {IN_XML} said on Tuesday.</description>
    <media:content url="{url}p.jpg{IN_URL}" medium="image" width="1200" height="800"/>
    <media:credit>{IN_XML}</media:credit><media:description>{IN_XML}</media:description>
    <pubDate>{format_datetime(at)}</pubDate></item></channel></rss>"""


def as_atom(headline, url, at) -> str:
    return f"""<feed xmlns="http://www.w3.org/2005/Atom"><title>Wire {IN_XML}</title>
    <id>{url}</id><updated>{at.isoformat()}</updated><entry><title>{headline} {IN_XML}</title>
    <id>{url}{IN_URL}</id><link href="{url}{IN_URL}"/><updated>{at.isoformat()}</updated>
    <author><name>{IN_XML}</name></author><category term="{IN_XML}"/>
    <summary>{headline}, {IN_XML} said.</summary><content type="html">{headline} {IN_XML}
    &lt;img src="{url}{IN_URL}" alt="{IN_XML}"&gt;</content></entry></feed>"""


def as_json_feed(headline, url, at) -> str:
    one = {
        "id": f"{url}{FORMER}",
        "url": f"{url}?{FORMER}",
        "title": f"{headline} {BAIT}",
        "summary": f"{headline}, {BAIT} said.",
        "content_html": f"<p>{headline} {BAIT}</p><img src='{url}?{FORMER}' alt='{BAIT}'>",
        "image": f"{url}p.jpg?{FORMER}",
        "authors": [{"name": BAIT}],
        "tags": [BAIT],
        "date_published": at.isoformat(),
    }
    head = {"version": "https://jsonfeed.org/version/1.1", "title": f"Daily {BAIT}"}
    return json.dumps(head | {"items": [one]})


def as_wordpress(headline, url, at) -> str:
    post = {
        "link": f"{url}?{FORMER}",
        "guid": {"rendered": f"{url}?{FORMER}"},
        "title": {"rendered": f"{headline} {BAIT}"},
        "excerpt": {"rendered": f"{headline}, {BAIT} said."},
        "content": {"rendered": f"{headline} {BAIT}"},
        "date_gmt": at.replace(tzinfo=None).isoformat(),
        "_embedded": {"author": [{"name": BAIT}]},
    }
    return json.dumps([post])


FORMATS = {"rss": as_rss, "atom": as_atom, "json": as_json_feed, "wordpress": as_wordpress}
NAMES = ("amal", "samir")


def test_no_feed_is_sent_a_readers_address_or_token(
    ports, store, newsletter, *, web, policy, clock, mail
):
    named = replace(newsletter, name=f"The Evening {BAIT}", publisher=BAIT, postal_address=BAIT)
    with store.begin() as session:
        newsletters.save(session, named, now=clock.at)
    at = clock.at - HOUR
    told = zip(FORMATS.items(), (BEIRUT, AMMAN, BAGHDAD, CAIRO), strict=True)
    for (name, written), headline in told:
        body = written(headline, f"https://{name}.example/", at)
        source = f"{name} {BAIT.replace(chr(0xFDD0), '').replace(chr(0xFDD1), '')}"
        polled(store, web.serve(f"/{name}", body), now=at, source=source, section=BAIT[:60])
    collect(store, policy, now=at)
    readers(store, named, NAMES, now=at)

    edition = compose(store, named, clock.at.date(), now=clock.at)
    clock.at = edition.sends_at
    dispatch(ports, edition.id)
    deliver(ports, edition.id)

    assert len(edition.stories) == len(FORMATS)
    sent = mail.messages()
    assert len(sent) == len(NAMES)
    for message in sent:
        address = str(message["To"])
        token = str(message["List-Unsubscribe"]).rpartition("/")[2].removesuffix(">")
        assert address.partition("@")[0] in NAMES
        for kind in ("plain", "html"):
            part = message.get_body((kind,)).get_content()
            assert part.count(address) == 1
            assert part.count(token) == part.count(f"/unsubscribe/{token}") == 1
            assert FORMER in part
            assert "{{ address }}" in part
            assert not {"\ufdd0", "\ufdd1"} & set(part)


def changed_story(store, edition, place, **columns) -> Edition:
    """The edition after somebody wrote into the store past us."""
    changes = ", ".join(f"{name} = :{name}" for name in columns)
    with store.begin() as session:
        session.execute(
            text(f"UPDATE story SET {changes} WHERE edition_id = :id AND position = :place"),
            {"id": edition.id, "place": place, **columns},
        )
    return edition_of(store, edition.id)


@pytest.fixture
def edition(store, newsletter, now, clock):
    readers(store, newsletter, NAMES, now=now)
    news(store, CAIRO, now=now - 2 * HOUR)
    made = composed(store, newsletter, now=now)
    clock.at = made.sends_at
    return made


def test_a_story_that_cannot_be_mailed_is_out_at_the_minute(ports, edition, newsletter):
    first = edition.stories[0]
    changed_story(ports.store, edition, 0, title=f"{first.title}\x1b[2J")

    done = dispatch(ports, edition.id)

    found = edition_of(ports.store, edition.id)
    assert (done.status, done.planned) == (EditionStatus.SENDING, 2)
    assert [one.title for one in found.stories] == [one.title for one in edition.stories[1:]]
    assert found.subject == found.stories[0].title
    assert found.stories[0].placement == "lead"
    with ports.store.begin() as session:
        decided = editions.decisions(session, edition.id)
        email = editions_render.load_frozen(session, edition.id)
    assert email
    assert first.title not in email.html + email.text
    (out,) = to_document(found, newsletter, decided)["left_out"]
    assert out["title"] == first.lead.title
    assert out["reason"] == "It cannot be mailed: its title holds characters that are no text."


def test_an_article_that_cannot_be_mailed_gives_its_place_to_another(store, newsletter, now, clock):
    news(store, BEIRUT, AMMAN, BAGHDAD, now=now - 2 * HOUR)
    news(store, BEIRUT, now=now - 2 * HOUR, source="The Harbour Wire")
    with store.begin() as session:
        session.execute(
            text(
                "UPDATE article SET title = title || chr(8) WHERE source = 'The Cedar Post'"
                " AND title = :title"
            ),
            {"title": BEIRUT},
        )

    made = compose(store, newsletter, now.date(), now=now)

    (beirut,) = (one for one in made.stories if one.title == BEIRUT)
    assert beirut.lead.source == "The Harbour Wire"
    with store.begin() as session:
        out = [one for one in editions.decisions(session, made.id) if not one.is_in]
    assert [(one.article.source, one.story) for one in out] == [("The Cedar Post", None)]
    assert "no text" in out[0].reason


@pytest.mark.parametrize(
    ("rule", "spoilt", "status", "hold", "says"),
    [
        pytest.param(
            TooFewStoriesPolicy.SKIP, 1, EditionStatus.SENDING, None, "", id="enough are left"
        ),
        pytest.param(
            TooFewStoriesPolicy.SKIP, 2, EditionStatus.SKIPPED, None, "A thin day: 2", id="too few"
        ),
        pytest.param(
            TooFewStoriesPolicy.HOLD,
            2,
            EditionStatus.HELD,
            HoldReason.TOO_FEW_STORIES,
            "A thin day: 2",
            id="too few, held",
        ),
        pytest.param(
            TooFewStoriesPolicy.HOLD, 4, EditionStatus.SKIPPED, None, "none is left", id="none"
        ),
    ],
)
def test_too_few_left_are_a_thin_day(
    ports, edition, newsletter, *, rule, spoilt, status, hold, says
):
    with ports.store.begin() as session:
        newsletters.save(session, replace(newsletter, too_few_stories_policy=rule), now=ports.now())
    for place in range(spoilt):
        changed_story(ports.store, edition, place, summary="\x08")

    done = dispatch(ports, edition.id)

    found = edition_of(ports.store, edition.id)
    assert (done.status, found.status, found.hold) == (status, status, hold)
    assert says in found.reason
    assert len(found.stories) == 4 - spoilt


def test_an_operator_sends_what_is_left_by_force(ports, edition, newsletter):
    with ports.store.begin() as session:
        newsletters.save(
            session,
            replace(newsletter, too_few_stories_policy=TooFewStoriesPolicy.HOLD),
            now=ports.now(),
        )
    for place in range(2):
        changed_story(ports.store, edition, place, summary="\x08")

    with pytest.raises(InvalidStateError, match="A thin day"):
        send_now(ports, edition.id)

    assert send_now(ports, edition.id, force=True).status is EditionStatus.SENDING


def test_a_test_message_is_what_would_go_out(ports, edition, newsletter, mail):
    spoilt = changed_story(ports.store, edition, 1, summary="\x08")

    send_test(ports, spoilt, newsletter, "editor@example.org")

    (message,) = mail.messages()
    assert edition.stories[1].title not in message.get_body(("plain",)).get_content()
    assert len(edition_of(ports.store, edition.id).stories) == 4


def test_what_was_frozen_before_an_update_still_goes_out(ports, edition, clock, mail):
    dispatch(ports, edition.id)
    with ports.store.begin() as session:
        for column in ("html", "text"):
            session.execute(
                text(
                    f"UPDATE master_copy SET {column} = replace(replace({column}, chr(64976),"
                    " 'xSLOTxADDRESSx'), chr(64977), 'xSLOTxUNSUBSCRIBEx')"
                )
            )

    deliver(ports, edition.id)

    for message in mail.messages():
        token = str(message["List-Unsubscribe"]).rpartition("/")[2].removesuffix(">")
        for kind in ("plain", "html"):
            part = message.get_body((kind,)).get_content()
            assert part.count(str(message["To"])) == part.count(token) == 1
            assert "xSLOTx" not in part


def test_the_editors_page_says_what_will_be_out_and_shows_the_rest(ports, edition, newsletter):
    first = edition.stories[0]
    changed_story(ports.store, edition, 0, title=f"{first.title}\x08")
    site = AppState(ports=ports, password="", redis_url="", is_secure=False)

    shown = edition_page(site, "session", newsletter.slug, edition.on, View(part="text"))
    framed = mail_page(site, "session", newsletter.slug, edition.on)

    assert shown.status_code == 200
    page = bytes(shown.body).decode()
    assert "Taken out when it goes out:" in page
    assert "its title holds characters that are no text" in page
    assert edition.stories[1].title in bytes(framed.body).decode()
    assert first.title not in bytes(framed.body).decode()


def test_the_editors_page_opens_when_no_mail_can_be_made(ports, edition, newsletter, monkeypatch):
    monkeypatch.setattr(render, "inline", lambda _: 1 / 0)
    site = AppState(ports=ports, password="", redis_url="", is_secure=False)

    shown = edition_page(site, "session", newsletter.slug, edition.on, View())
    done = dispatch(ports, edition.id)

    assert "It cannot be rendered (ZeroDivisionError)." in bytes(shown.body).decode()
    assert (done.status, "cannot be rendered" in done.reason) == (EditionStatus.HELD, True)
