"""Articles: kept once for each address, updated, found by time, let go."""

from dataclasses import replace
from datetime import timedelta

import pytest

from newsletter.domain.articles.article import Image
from newsletter.domain.feed import UpsertCounts
from newsletter.store.collection import articles, feeds
from newsletter.store.editions import editions
from tests.store.builders import digest, entry, everything, kept, new_edition, story

HOUR = timedelta(hours=1)
NOON = timedelta(hours=12)


def test_an_article_comes_back_with_what_its_entry_and_its_feed_say(session, feed, now):
    image = Image(url="https://cedar.example/port.jpg", width=800, height=600, alt="The port")
    told = entry(
        "/port?utm_source=rss#top",
        summary="The first ship came in.",
        text="At dawn the first ship came in.",
        authors=("Rana Aziz", "Tom Bell"),
        sections=("Business", "Middle East"),
        image=image,
        published_at=now - HOUR,
        updated_at=now,
        position=3,
    )

    counted = articles.upsert_entries(session, feed, [told], now=now)

    (article,) = everything(session)
    assert counted == UpsertCounts(new=1)
    assert (article.url, article.title) == ("https://cedar.example/port", "Beirut port reopens")
    assert (article.source, article.weight, article.language) == ("The Cedar Post", 1.5, "en")
    assert article.section == "Middle East; Business"
    assert article.authors == ("Rana Aziz", "Tom Bell")
    assert article.image == image
    assert (article.published_at, article.updated_at) == (now - HOUR, now)
    assert (article.collected_at, article.position) == (now, 3)
    assert (article.summary, article.text) == (told.summary, told.text)


def test_an_entry_s_own_language_counts_for_more_than_its_feed_s(session, feed, now):
    articles.upsert_entries(session, feed, [entry(language="ar")], now=now)

    assert everything(session)[0].language == "ar"


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/port/", id="a slash at its end"),
        pytest.param("/port?utm_medium=rss", id="tracking"),
        pytest.param("/port#comments", id="a fragment"),
        pytest.param("/port/amp", id="AMP"),
    ],
)
def test_the_same_address_written_otherwise_is_the_same_article(session, feed, now, path):
    articles.upsert_entries(session, feed, [entry("/port")], now=now)

    again = articles.upsert_entries(session, feed, [entry(path)], now=now + HOUR)

    assert again == UpsertCounts(unchanged=1)
    assert len(everything(session)) == 1


def test_a_changed_article_takes_the_new_words_and_keeps_its_dates(session, feed, now):
    articles.upsert_entries(session, feed, [entry(published_at=now - HOUR)], now=now)
    changed = entry(summary="A second ship came.", published_at=now, updated_at=now + HOUR)

    counted = articles.upsert_entries(session, feed, [changed], now=now + HOUR)

    (article,) = everything(session)
    assert counted == UpsertCounts(updated=1)
    assert article.summary == "A second ship came."
    assert article.updated_at == now + HOUR
    assert (article.published_at, article.collected_at) == (now - HOUR, now)


def test_new_changed_and_known_articles_are_counted_apart(session, feed, now):
    articles.upsert_entries(session, feed, [entry("/a"), entry("/b"), entry("/c")], now=now)
    second = [entry("/a", text="More."), entry("/b"), entry("/c"), entry("/d")]

    counted = articles.upsert_entries(session, feed, second, now=now + HOUR)

    assert counted == UpsertCounts(new=1, updated=1, unchanged=2)


def test_another_feed_adds_its_section_and_changes_no_words(session, feed, wire, now):
    articles.upsert_entries(session, feed, [entry(summary="As it was.")], now=now)

    counted = articles.upsert_entries(session, wire, [entry(summary="Rewritten.")], now=now + HOUR)

    (article,) = everything(session)
    assert counted == UpsertCounts(updated=1)
    assert (article.summary, article.source) == ("As it was.", "The Cedar Post")
    assert article.section == "Middle East; World"


def test_another_feed_with_nothing_to_add_changes_nothing(session, feed, wire, now):
    articles.upsert_entries(session, feed, [entry()], now=now)
    same = replace(wire, section="Middle East")

    assert articles.upsert_entries(session, same, [entry(text="Other.")], now=now) == UpsertCounts(
        unchanged=1
    )
    assert everything(session)[0].text == ""


def test_an_article_whose_feed_is_gone_may_be_changed_by_another(session, feed, wire, now):
    articles.upsert_entries(session, feed, [entry()], now=now)
    feeds.remove(session, [feed.url])

    articles.upsert_entries(session, wire, [entry(summary="Rewritten.")], now=now + HOUR)

    assert everything(session)[0].summary == "Rewritten."


def test_of_one_address_twice_in_a_document_the_first_stands(session, feed, now):
    twice = [entry("/a", summary="First."), entry("/a?utm_id=2", summary="Second.")]

    counted = articles.upsert_entries(session, feed, twice, now=now)

    assert counted == UpsertCounts(new=1)
    assert everything(session)[0].summary == "First."


def test_an_article_that_moved_under_its_guid_stays_one_article(session, feed, now):
    articles.upsert_entries(session, feed, [entry("/draft-title", guid="77")], now=now)
    (before,) = everything(session)

    articles.upsert_entries(session, feed, [entry("/final-title", guid="77")], now=now + HOUR)

    (after,) = everything(session)
    assert (after.id, after.url) == (before.id, "https://cedar.example/final-title")


@pytest.mark.parametrize(
    ("first", "second", "paths"),
    [
        pytest.param(
            [("/a", "7"), ("/b", "7")], [("/c", "7")], ["/a", "/b", "/c"], id="shared by articles"
        ),
        pytest.param(
            [("/a", "7")], [("/b", "7"), ("/c", "7")], ["/a", "/b", "/c"], id="shared by entries"
        ),
        pytest.param([("/a", "")], [("/b", "")], ["/a", "/b"], id="empty"),
        pytest.param(
            [("/a", "7"), ("/b", "8")], [("/b", "7")], ["/a", "/b"], id="moved onto another article"
        ),
    ],
)
def test_a_guid_that_says_nothing_moves_nothing(session, feed, now, first, second, paths):
    articles.upsert_entries(
        session, feed, [entry(path, guid=guid) for path, guid in first], now=now
    )

    articles.upsert_entries(
        session, feed, [entry(path, guid=guid) for path, guid in second], now=now
    )

    found = sorted(
        article.url.removeprefix("https://cedar.example") for article in everything(session)
    )
    assert found == paths


def test_the_same_guid_in_another_feed_is_another_article(session, feed, wire, now):
    articles.upsert_entries(session, feed, [entry("/a", guid="7")], now=now)

    assert articles.upsert_entries(session, wire, [entry("/b", guid="7")], now=now) == UpsertCounts(
        new=1
    )


def test_a_document_of_more_than_one_statement_is_kept_whole(session, feed, now):
    many = [entry(f"/{number}") for number in range(2 * articles._BATCH + 1)]

    assert articles.upsert_entries(session, feed, many, now=now) == UpsertCounts(new=len(many))
    assert articles.upsert_entries(session, feed, many, now=now) == UpsertCounts(
        unchanged=len(many)
    )


@pytest.mark.parametrize(
    ("published", "collected", "belongs"),
    [
        pytest.param(timedelta(0), HOUR, True, id="published as it opens"),
        pytest.param(NOON, NOON, False, id="published as it closes"),
        pytest.param(HOUR, 2 * NOON, True, id="published in it and found after it"),
        pytest.param(-HOUR, HOUR, True, id="published before it and found in it"),
        pytest.param(-6 * HOUR, HOUR, True, id="just not too late"),
        pytest.param(-7 * HOUR, HOUR, False, id="too late"),
        pytest.param(-HOUR, timedelta(0), True, id="found as it opens"),
        pytest.param(-HOUR, NOON, False, id="found as it closes"),
        pytest.param(-2 * HOUR, -HOUR, False, id="found before it"),
    ],
)
def test_a_window_holds_what_was_published_or_late_found_in_it(
    session, feed, now, published, collected, belongs
):
    one = entry(published_at=now + published)
    articles.upsert_entries(session, feed, [one], now=now + collected)

    found = articles.in_window(session, opens_at=now, closes_at=now + NOON, late=6 * HOUR)

    assert bool(found) is belongs


def test_a_window_s_articles_come_in_the_order_in_which_they_were_kept(session, feed, now):
    articles.upsert_entries(session, feed, [entry("/z")], now=now)
    articles.upsert_entries(session, feed, [entry("/a", published_at=now - HOUR)], now=now)

    assert [article.url[-2:] for article in everything(session)] == ["/z", "/a"]


def test_old_articles_go_unless_an_edition_decided_on_them(session, feed, newsletter, now):
    _, chosen, refused = (kept(session, feed, path, now=now - HOUR) for path in ("/a", "/b", "/c"))
    young = kept(session, feed, "/d", now=now)
    made = digest(now, story(chosen), out=(refused,))
    editions.save_composed(session, new_edition(newsletter), made, now=now)

    gone = articles.delete_unused(session, before=now)

    assert gone == 1
    assert {article.id for article in everything(session)} == {chosen.id, refused.id, young.id}
