"""CSS in style attributes, where every mailbox reads it; media queries stay."""

import re

from lxml import html as parser

from newsletter.mail.content.inline_css import inline
from tests.mail.examples import digest

PAGE = """<!DOCTYPE html>
<html lang="en" dir="ltr"><head><title>A bridge</title>
<style>p { color: #102030; } .big { font-size: 30px; } .big:hover { color: #000001; }</style>
<style data-premailer="ignore">
@media (max-width: 480px) { .big { font-size: 20px !important; } }
</style></head>
<body><p class="big" style="margin: 1px">One</p><p>Two</p></body></html>"""


def styles(html: str, path: str) -> list[str]:
    found = parser.document_fromstring(html).xpath(path)
    return [re.sub(r"\s", "", one.get("style", "")) for one in found]


def test_rules_become_attributes_and_an_elements_own_style_stays():
    first, second = styles(inline(PAGE), "//p")

    assert "color:#102030" in first
    assert "font-size:30px" in first
    assert "margin:1px" in first
    assert second == "color:#102030"


def test_a_rule_that_is_important_stays_so_in_its_attribute():
    html = inline(PAGE.replace("color: #102030;", "color: #102030 !important;"))

    assert styles(html, "//p")[1] == "color:#102030!important"


def test_the_inlined_sheet_goes_and_the_ignored_block_stays_as_it_is():
    page = parser.document_fromstring(inline(PAGE))

    (kept,) = [one.text for one in page.xpath("//style") if "@media" in one.text]
    assert ".big { font-size: 20px !important; }" in kept
    assert "font-size: 30px" not in "".join(one.text for one in page.xpath("//style"))


def test_classes_stay_since_media_queries_need_them():
    assert parser.document_fromstring(inline(PAGE)).xpath("//p/@class") == ["big"]


def test_language_direction_and_doctype_stay():
    html = inline(PAGE)
    page = parser.document_fromstring(html)

    assert html.lstrip().lower().startswith("<!doctype html>")
    assert (page.get("lang"), page.get("dir")) == ("en", "ltr")


def test_every_script_stays_as_it_is_written():
    html = inline(PAGE.replace("One", "نشرة גשר 🕊️ &amp; &lt;b&gt;"))

    (first, _) = (one.text for one in parser.document_fromstring(html).xpath("//p"))
    assert first == "نشرة גשר 🕊️ & <b>"


def test_nothing_is_fetched():
    linked = '<link rel="stylesheet" href="http://127.0.0.1:9/style.css">'

    html = inline(PAGE.replace("<style>", linked + "<style>", 1))

    assert "color:#102030" in styles(html, "//p")[1]


def test_the_digests_media_queries_survive_with_their_importance():
    html = digest().html

    adaptive = "".join(re.findall(r"<style.*?>(.*?)</style>", html, re.DOTALL))
    narrow = adaptive.partition("@media only screen and (max-width: 480px)")[2]
    dark = adaptive.partition("@media (prefers-color-scheme: dark)")[2]
    assert ".lead-title { font-size: 26px !important; line-height: 33px !important; }" in narrow
    assert "body, .outer, .footer { background-color: #131210 !important; }" in dark
    # An attribute wins over any rule that is not important.
    queries = adaptive[adaptive.index("@media") :]
    declared = re.findall(r"[\w-]+: [^;{}]+;", queries)
    assert len(declared) > 20
    assert [one for one in declared if "!important" not in one] == []


def test_what_the_digest_needs_most_stands_in_attributes():
    html = digest().html

    assert all("padding-left:32px" in style for style in styles(html, "//td[@class='pad']"))
    (sheet,) = styles(html, "//table[@class='sheet']")
    assert "max-width:600px" in sheet
    (title,) = styles(html, "//h2[@class='lead-title']")
    assert "font-size:30px" in title
