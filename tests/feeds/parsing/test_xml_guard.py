"""Entities in feeds: those that are characters are read, those that grow or reach out are not."""

import tracemalloc

import pytest

from newsletter.errors import FeedUnusableError
from newsletter.feeds.parsing.detect import parse_document
from newsletter.feeds.parsing.xml_guard import MAX_ENTITY_CHARS
from tests.cases import for_each

URL = "https://post.example/feed.xml"
ITEM = "<item><title>{title}</title><link>https://post.example/1</link></item>"


def feed(doctype, title="Haifa", *, declaration='<?xml version="1.0"?>', items="") -> str:
    item = ITEM.format(title=title)
    return f'{declaration}{doctype}<rss version="2.0"><channel>{item}{items}</channel></rss>'


def title(body) -> str:
    return (
        parse_document(body if isinstance(body, bytes) else body.encode(), url=URL).entries[0].title
    )


NETSCAPE = (
    '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" '
    '"http://my.netscape.com/publish/formats/rss-0.91.dtd">'
)


@for_each(
    ("doctype", "written", "shown"),
    [
        pytest.param(NETSCAPE, "Caf&eacute;s &mdash; open", "Cafés — open", id="RSS 0.91's"),
        pytest.param(f"\n{NETSCAPE}\n", "Caf&eacute;s", "Cafés", id="RSS 0.91's on its own line"),
        pytest.param("", "Caf&eacute;s", "Cafés", id="HTML's, without a document type"),
        pytest.param("<!DOCTYPE rss>", "Israel&rsquo;s", "Israel’s", id="HTML's, undeclared"),
        pytest.param('<!DOCTYPE rss [<!ENTITY e "&#233;">]>', "Caf&e;", "Café", id="decimal"),
        pytest.param('<!DOCTYPE rss [<!ENTITY e "&#xE9;">]>', "Caf&e;", "Café", id="hexadecimal"),
        pytest.param('<!DOCTYPE rss [<!ENTITY e "é">]>', "Caf&e;", "Café", id="as itself"),
        pytest.param("<!DOCTYPE rss [<!ENTITY e 'é'>]>", "Caf&e;", "Café", id="in single quotes"),
        pytest.param(
            '<!DOCTYPE rss [<!ENTITY nbsp "&#160;"><!ENTITY e "&#xE9;">]>',
            "Caf&e;&nbsp;: open",
            "Café : open",
            id="two of them",
        ),
        pytest.param(
            '<!DOCTYPE rss [<!ENTITY lt "&#38;#60;"><!ENTITY amp "&#38;#38;">]>',
            "R&amp;D &lt; all",
            "R&D < all",
            id="XML's own, declared again",
        ),
        pytest.param(
            '<!DOCTYPE rss [<!ENTITY co "Cedar &#38;#38; Co">]>',
            "By &co;",
            "By Cedar & Co",
            id="words",
        ),
        pytest.param(
            '<!DOCTYPE rss [<!ENTITY e "é"><!ENTITY e "b">]>', "Caf&e;", "Café", id="declared twice"
        ),
        pytest.param(
            '<!DOCTYPE rss [<!ELEMENT rss ANY><!ATTLIST rss x CDATA "1"><!-- <a> -->'
            '<?go on?><!ENTITY e "é">]>',
            "Caf&e;",
            "Café",
            id="beside other declarations",
        ),
        pytest.param("", "A &amp;eacute; B", "A é B", id="escaped twice, as ever"),
        pytest.param("", "R &amp;amp; D", "R & D", id="an ampersand escaped twice, as ever"),
    ],
)
def test_an_entity_that_is_a_character_is_read(doctype, written, shown):
    assert title(feed(doctype, written)) == shown


@for_each("encoding", ["utf-8", "utf-16", "iso-8859-1"])
@for_each("space", ["", "\n", " \r\n\t"])
def test_white_space_before_the_declaration_changes_nothing(space, encoding):
    declaration = f'{space}<?xml version="1.0" encoding="{encoding}"?>'
    body = feed('<!DOCTYPE rss [<!ENTITY e "é">]>', "Caf&e;", declaration=declaration)

    found = parse_document(
        body.encode(encoding), content_type=f"text/xml; charset={encoding}", url=URL
    )

    assert found.entries[0].title == "Café"


FAR = f"<!--{'x' * 50_000}-->"
TAME = '<!ENTITY tame "x">'


@for_each(
    "doctype",
    [
        pytest.param('<!ENTITY a "aa"><!ENTITY b "&a;&a;">', id="made of another"),
        pytest.param(f'{TAME}<!ENTITY b "&tame;&tame;">', id="behind a tame one"),
        pytest.param(f'{FAR}<!ENTITY b "&a;&a;"><!ENTITY a "x">', id="far into the document"),
        pytest.param(
            '<!-- <a --><!ENTITY b "&a;"><!ENTITY a "x">', id="behind what looks like a tag"
        ),
        pytest.param(f'<!ENTITY a "{"x" * (MAX_ENTITY_CHARS + 1)}">', id="long"),
        pytest.param('<!ENTITY a "<b>x</b>">', id="markup"),
        pytest.param('<!ENTITY a "&#60;b/>">', id="markup written as characters"),
        pytest.param('<!ENTITY a SYSTEM "file:///etc/passwd">', id="a file"),
        pytest.param('<!ENTITY a PUBLIC "x" "https://post.example/x">', id="on the web"),
        pytest.param('<!ENTITY a SYSTEM "x" NDATA b>', id="not parsed"),
        pytest.param('<!ENTITY % a "x">', id="a parameter"),
        pytest.param('<!ENTITY % a SYSTEM "x">%a;', id="a parameter elsewhere"),
        pytest.param(f"{TAME}\n<!ENTITY\na\n'&tame;'\n>", id="in several lines"),
        pytest.param(
            '<!ATTLIST item pad CDATA "&a;"><!ENTITY a "x">', id="in an attribute's default"
        ),
        pytest.param('<!ENTITY a "&#xD800;">', id="no character"),
        pytest.param('<!ENTITY a "x"', id="cut off"),
        pytest.param("".join(f'<!ENTITY a{at} "x">' for at in range(3_001)), id="thousands"),
        pytest.param(f"<!--{'x' * 300_000}-->{TAME}", id="a prolog without end"),
    ],
)
@for_each("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-32", "cp037"])
def test_an_entity_that_grows_or_reaches_out_is_refused(doctype, encoding):
    declaration = f'<?xml version="1.0" encoding="{encoding}"?>'
    body = feed(f"<!DOCTYPE rss [{doctype}]>", "&a;", declaration=declaration)

    with pytest.raises(FeedUnusableError, match=r"refused\."):
        parse_document(body.encode(encoding), content_type=f"text/xml; charset={encoding}", url=URL)


def test_no_attribute_gets_a_default():
    padded = feed(f'<!DOCTYPE rss [<!ATTLIST link href CDATA "{"x" * 10_000}">]>')

    assert parse_document(padded.encode(), url=URL).entries[0].url == "https://post.example/1"


def test_a_comment_declares_nothing_to_a_lenient_parser():
    broken = feed('<!--\n<!ENTITY long "xxxxxxxx">\n--><!DOCTYPE rss>', "&long;") + "<unclosed>"

    assert "xxxx" not in parse_document(broken.encode(), url=URL).entries[0].title


def test_what_a_broken_document_declares_is_refused_too():
    with pytest.raises(FeedUnusableError, match="broken"):
        parse_document(feed(f"<oops<!DOCTYPE rss [{TAME}]>").encode(), url=URL)


@pytest.mark.parametrize(
    "doctype",
    [
        pytest.param(f'{TAME}<!ENTITY a "{"x" * 100_000}">', id="long ones behind a tame one"),
        pytest.param(f'{TAME}<!ENTITY a "&tame;&tame;&tame;&tame;">', id="nested ones"),
        pytest.param(f'<!ENTITY a "{"x" * MAX_ENTITY_CHARS}">', id="the longest that may be"),
        pytest.param('<!ENTITY a "é">', id="tame ones"),
    ],
)
def test_a_feed_of_entities_takes_a_few_times_its_size_at_most(doctype):
    items = f"<description>{'&a;' * 100_000}</description>"
    body = feed(f"<!DOCTYPE rss [{doctype}]>", items=f"<item>{items}</item>").encode()

    tracemalloc.start()
    try:
        parse_document(body, url=URL)
    except FeedUnusableError:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert peak < 20 * len(body)  # its text alone is there ten times over while it is read


@pytest.mark.parametrize("charset", ["unicode_escape", "undefined", "utf-7"])
def test_a_charset_that_is_none_of_the_webs_is_refused_in_words(charset):
    body = feed("", "+2AA- \\ud800").encode()

    with pytest.raises(FeedUnusableError, match="charset"):
        parse_document(body, content_type=f"application/xml; charset={charset}", url=URL)
